#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016 # inner shells

load ../helpers/tree

@test "an empty environment" {
	pci_device 0000:01:00.0 driver=e1000e model=Card
	pci_device 0000:02:00.0
	run_in_tree env -i "$DRIVERCTL" list-devices
	expect 0 "0000:01:00.0 e1000e
0000:02:00.0 (none)" ""
	run_in_tree env -i SYSTEMD_DEVICE_VERIFY_SYSFS=0 "$DRIVERCTL" -v list-devices
	[ "$status" = 0 ]
	[ "$output" = "0000:01:00.0 e1000e (Card)
0000:02:00.0 (none) ()" ]
	silently run_in_tree env -i "$DRIVERCTL" set-override 0000:02:00.0 none
}

@test "standard input, output and error closed" {
	pci_device 0000:01:00.0
	run_in_tree bash -c 'exec "$@" <&- >&- 2>&-' - "$DRIVERCTL" set-override 0000:01:00.0 none
	[ "$status" = 0 ]
	overrides 0000:01:00.0=none
	expect_file "$STORE/pci-0000:01:00.0" none
	run_in_tree bash -c 'exec "$@" <&- 2>&-' - "$DRIVERCTL" list-devices
	expect 0 "0000:01:00.0 (none) [*]" ""
	run_in_tree bash -c 'exec "$@" >&-' - "$DRIVERCTL" list-devices
	expect_error 1 "driverctl: *"
	run_in_tree bash -c 'exec "$@" <&- >&- 2>&-' - "$DRIVERCTL" set-override 0000:99:00.0 none
	[ "$status" = 3 ]
	expect_file "$STORE/pci-0000:01:00.0" none
}

@test "a reader that has gone" {
	local n
	for n in {0..9}{0..9}; do
		pci_device "0000:$n:00.0"
	done
	run_in_tree bash -c '"$1" list-devices | true; echo "${PIPESTATUS[0]}"' - "$DRIVERCTL"
	[ "$status" = 0 ]
	[[ $output == 0 || $output == 1 || $output == 141 ]]
	[[ $stderr != *$'\n'* ]]
}

@test "not root: lists work, changes are refused in one line" {
	pci_device 0000:01:00.0 driver=vfio-pci override=vfio-pci model=Card
	pci_device 0000:02:00.0
	put "$STORE/pci-0000:01:00.0" vfio-pci
	without_root "$DRIVERCTL" list-devices
	expect 0 "0000:01:00.0 vfio-pci [*]
0000:02:00.0 (none)" ""
	without_root "$DRIVERCTL" list-overrides
	expect 0 "0000:01:00.0 vfio-pci" ""
	without_root "$DRIVERCTL" list-persisted
	expect 0 "0000:01:00.0 vfio-pci" ""
	local change
	for change in "set-override 0000:02:00.0 none" "set-override --nosave 0000:02:00.0 none" \
		"unset-override 0000:01:00.0" "load-override 0000:01:00.0" "set-rule x --match=name=* none" \
		"unset-rule x"; do
		# shellcheck disable=SC2086 # words
		without_root "$DRIVERCTL" $change
		expect 8 "" "driverctl: ${change%% *}: must be root"
	done
	overrides 0000:01:00.0=vfio-pci "0000:02:00.0=(null)"
	expect_file "$STORE/pci-0000:01:00.0" vfio-pci
}

@test "a read-only /run" {
	pci_device 0000:01:00.0 model=Card
	run_in_tree bash -c 'mount -n -o remount,bind,ro /run && exec "$@"' - "$DRIVERCTL" list-devices
	expect 0 "0000:01:00.0 (none)" ""
	local before
	before=$(snapshot)
	run_in_tree bash -c 'mount -n -o remount,bind,ro /run && exec "$@"' - \
		"$DRIVERCTL" set-override 0000:01:00.0 none
	if [ "$status" = 0 ]; then
		expect 0 "" ""
		overrides 0000:01:00.0=none
	else
		expect_error 1 "driverctl: *Read-only file system*"
		diff <(echo "$before") <(snapshot)
	fi
}

@test "no /run/udev: no model is known" {
	pci_device 0000:01:00.0 driver=e1000e model=Card
	rm -r "$TREE/run/udev"
	run_driverctl -v list-devices
	[ "$status" = 0 ]
	[ "$output" = "0000:01:00.0 e1000e ()" ]
	prints "0000:01:00.0 e1000e" run_driverctl list-devices
}

@test "SUBSYSTEM is the bus where -b is not given" {
	pci_device 0000:01:00.0
	bus_device platform reg-dummy override=none
	prints "reg-dummy (none) [*]" run_in_tree env SUBSYSTEM=platform "$DRIVERCTL" list-devices
	run_in_tree env SUBSYSTEM=platform "$DRIVERCTL" -b pci list-devices
	expect 0 "0000:01:00.0 (none)" ""
	prints "0000:01:00.0 (none)" run_in_tree env SUBSYSTEM= "$DRIVERCTL" list-devices
	silently run_in_tree env SUBSYSTEM=platform "$DRIVERCTL" set-override reg-dummy none
	expect_file "$STORE/platform-reg-dummy" none
	silently run_in_tree env SUBSYSTEM=platform "$DRIVERCTL" set-override pci/0000:01:00.0 none
	expect_file "$STORE/pci-0000:01:00.0" none
}

@test "SUBSYSTEM is checked" {
	local bus
	for bus in .. ../bus/pci a/b $'pci\n' . "$(printf 'x%.0s' {1..5000})"; do
		run_in_tree env SUBSYSTEM="$bus" "$DRIVERCTL" list-devices
		expect_error 2 "driverctl: invalid bus name '*"
		run_driverctl -b "$bus" list-devices
		expect_error 2 "driverctl: invalid bus name '*"
	done
	run_driverctl -b "" list-devices
	expect 2 "" "driverctl: invalid bus name ''"
}

@test "DEVPATH names the device where its last part is the one given, and else is not used" {
	pci_device 0000:01:00.0
	pci_device 0000:02:00.0
	local device
	for device in 0000:01:00.0 0000:02:00.0; do
		put "$(device_dir pci 0000:01:00.0)/driver_override" "(null)"
		silently run_in_tree env SUBSYSTEM=pci DEVPATH="/devices/pci0000:00/0000:00:1c.4/$device" \
			"$DRIVERCTL" set-override 0000:01:00.0 none
		overrides 0000:01:00.0=none "0000:02:00.0=(null)"
	done
}

@test "a DEVPATH from anywhere else does no harm" {
	local path outside=$BATS_TEST_TMPDIR/outside/0000:01:00.0
	pci_device 0000:01:00.0
	mkdir -p "$outside"
	put "$outside/driver_override" untouched
	for path in "$outside" "/../..$outside" "/devices/../../..$outside" / "" nonsense 0000:01:00.0 \
		"$(printf '/x%.0s' {1..5000})/0000:01:00.0"; do
		run_in_tree env DEVPATH="$path" "$DRIVERCTL" set-override 0000:01:00.0 none
		[[ $status == 0 && -z $stderr || $status == [123] && $stderr == "driverctl: "* ]]
		[[ $stderr != *$'\n'* ]]
		expect_file "$outside/driver_override" untouched
	done
}

@test "a working directory that is gone" {
	pci_device 0000:01:00.0
	silently run_in_tree bash -c 'mkdir /run/here && cd /run/here && rmdir /run/here && exec "$@"' - \
		"$DRIVERCTL" set-override 0000:01:00.0 none
}

@test "other locales change no output" {
	pci_device 0000:01:00.0
	run_in_tree env LC_ALL=tr_TR.UTF-8 LANG=tr_TR.UTF-8 "$DRIVERCTL" set-override nosuch none
	expect 3 "" "driverctl: nosuch: no such device"
}

@test "without libkmod, the message names the library" {
	local library
	library=$(find /usr/lib /usr/lib64 -name libkmod.so.2 -print -quit 2>/dev/null)
	usr_file "$library" "not a library"
	pci_device 0000:01:00.0 driver=e1000e
	run_driverctl set-override 0000:01:00.0 vfio-pci
	expect 1 "" "driverctl: 0000:01:00.0: cannot load module 'vfio-pci': cannot open the library \
libkmod.so.2; still on 'e1000e', nothing changed"
	run_driverctl best-vfio 0000:01:00.0
	expect 1 "" "driverctl: 0000:01:00.0: cannot rank VFIO drivers: cannot open the library \
libkmod.so.2"
}
