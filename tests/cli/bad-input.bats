#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154 # status and stderr are the helper's
#
# Every one of these ends with one clear line, its exit code, and no file changed or made.

load ../helpers/tree

setup() {
	tree_create "$BATS_TEST_TMPDIR/tree"
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:01:00.0 driver=e1000e
	put "$STORE/pci-0000:01:00.0" e1000e
	mkdir -p "$TREE/run/driverctl"
	put "$TREE/etc/passwd" root
	BEFORE=$(snapshot)
	LONG=$(printf 'x%.0s' {1..5000})
}

# A device's lock file is the only thing that may have been made.
expect_unchanged() {
	diff <(echo "$BEFORE") <(snapshot | grep -v 'run/driverctl/')
}

@test "no device's name" {
	local name command
	for name in "" . .. / // ../../etc/passwd 0000:01:00.0/../0000:01:00.0 pci/../../../etc/passwd \
		pci//0000:01:00.0 /0000:01:00.0 pci/ ../pci/0000:01:00.0 -b "a b" "a'b" "*" '0000:*'; do
		for command in load-override unset-override; do
			echo "# $command '$name'"
			run_driverctl "$command" -- "$name"
			[[ $status == [23] ]]
			expect_error "$status" "driverctl: *"
		done
		run_driverctl set-override -- "$name" vfio-pci
		[[ $status == [23] ]]
		expect_error "$status" "driverctl: *"
	done
	expect_unchanged
}

@test "a path that is no device of a bus" {
	local path
	for path in /sys /sys/ /sys/bus/pci /sys/bus/pci/drivers/e1000e /sys/devices/pci0000:00 \
		/etc/passwd /sys/../etc/passwd /sys/bus/pci/devices/../../../../etc /sys/class/net; do
		run_driverctl set-override "$path" none
		[[ $status == [23] ]]
		expect_error "$status" "driverctl: *"
	done
	expect_unchanged
}

@test "control characters are shown, not sent to the terminal" {
	local name
	run_driverctl set-override $'0000:01:00.0\nx' none
	expect 2 "" "driverctl: invalid device name '0000:01:00.0\\x0ax'"
	run_driverctl set-override 0000:01:00.0 $'vfio\e[2J'
	expect_error 2 "driverctl: *invalid driver name 'vfio\\\\x1b\[2J'"
	run_driverctl $'list\rdevices'
	expect_error 2 "driverctl: unknown command 'list\\\\x0ddevices'*"
	run_driverctl -b $'p\tci' list-devices
	expect 2 "" "driverctl: invalid bus name 'p\\x09ci'"
	expect_unchanged
}

@test "a name of 5,000 characters" {
	local argument
	run_driverctl set-override "$LONG" none
	expect_error 2 "driverctl: invalid device name 'xxxx*"
	[ "${#stderr}" -lt 200 ]
	run_driverctl set-override "pci-$LONG" none
	expect_error 2 "driverctl: invalid device name 'pci-xxxx*"
	run_driverctl set-override 0000:01:00.0 "$LONG"
	expect_error 2 "driverctl: *invalid driver name 'xxxx*"
	[ "${#stderr}" -lt 200 ]
	run_driverctl -b "$LONG" list-devices
	expect_error 2 "driverctl: invalid bus name 'xxxx*"
	for argument in "$LONG" "--$LONG" "--timeout=$LONG" "/sys/$LONG"; do
		run_driverctl "$argument" unset-override
		[ "$status" = 2 ]
		[[ $stderr == "driverctl: "* && $stderr != *$'\n'* && ${#stderr} -lt 200 ]]
	done
	expect_unchanged
}

@test "no driver's name" {
	local name
	for name in "" . .. a/b ../vfio-pci /sbin/init $'vfio-pci\n' $'vfio\tpci'; do
		echo "# '$name'"
		run_driverctl set-override -- 0000:01:00.0 "$name"
		expect_error 2 "driverctl: *invalid driver name '*'"
	done
	run_driverctl set-override 0000:01:00.0 "(null)"
	[[ $status == [127] ]]
	expect_error "$status" "driverctl: *'(null)'*"
	expect_unchanged
}

@test "bytes that are not UTF-8" {
	run_driverctl set-override $'\xff\xfe' none
	[[ $status == [23] ]]
	expect_error "$status" "driverctl: *"
	run_driverctl set-override 0000:01:00.0 $'\xc3\x28'
	[[ $status == [127] ]]
	expect_error "$status" "driverctl: *"
	expect_unchanged
}

@test "a store file of garbage" {
	local n
	for n in 1 2 3 4; do
		pci_device "0000:0$n:00.0" driver=e1000e
	done
	head -c 100000 /dev/urandom >"$STORE/pci-0000:02:00.0"
	printf 'vfio-pci\0none\n' >"$STORE/pci-0000:03:00.0"
	printf '%s' "$LONG" >"$STORE/pci-0000:04:00.0"
	BEFORE=$(snapshot)
	for n in 2 3 4; do
		run_driverctl load-override "0000:0$n:00.0"
		expect 1 "" "driverctl: 0000:0$n:00.0: /etc/driverctl.d/pci-0000:0$n:00.0: not a driver name"
	done
	run_driverctl list-persisted
	[ "$status" = 1 ]
	[ "$output" = "0000:01:00.0 e1000e" ]
	[ "$(wc -l <<<"$stderr")" = 3 ]
	expect_unchanged
}

@test "a store file that is none" {
	pci_device 0000:02:00.0 driver=e1000e
	pci_device 0000:03:00.0 driver=e1000e
	mkdir "$STORE/pci-0000:02:00.0"
	mkfifo "$STORE/pci-0000:03:00.0"
	BEFORE=$(snapshot)
	LIMIT=20 run_driverctl load-override 0000:02:00.0
	expect_error 1 "driverctl: 0000:02:00.0: *"
	LIMIT=20 run_driverctl load-override 0000:03:00.0
	expect_error 1 "driverctl: 0000:03:00.0: *"
	LIMIT=20 run_driverctl list-persisted
	[ "$output" = "0000:01:00.0 e1000e" ]
	expect_unchanged
}

@test "a driver_override of garbage" {
	put "$(device_dir pci 0000:01:00.0)/driver_override" "$LONG"
	prints "0000:01:00.0 e1000e [*]" run_driverctl list-devices
	printf '\0\xff\n' >"$(device_dir pci 0000:01:00.0)/driver_override"
	run_driverctl list-devices
	[ "$status" = 0 ]
}

@test "a model name of garbage" {
	put "$TREE/run/udev/data/+pci:0000:01:00.0" "E:ID_MODEL_FROM_DATABASE=${LONG:0:200}"
	run_driverctl -v list-devices
	[ "$status" = 0 ]
	[ "$output" = "0000:01:00.0 e1000e (${LONG:0:200})" ]
	put "$TREE/run/udev/data/+pci:0000:01:00.0" "E:ID_MODEL_FROM_DATABASE=$LONG"
	run_driverctl -v list-devices
	[ "$status" = 0 ]
	[[ $output == "0000:01:00.0 e1000e (${LONG:0:200}"*")" && $output != *$'\n'* ]]
	head -c 100000 /dev/urandom >"$TREE/run/udev/data/+pci:0000:01:00.0"
	run_driverctl -v list-devices
	[ "$status" = 0 ]
	[ "$(wc -l <<<"$output")" = 1 ]
}

@test "no /sys" {
	local arguments
	for arguments in list-devices list-overrides "set-override 0000:01:00.0 none" \
		"load-override 0000:01:00.0" "set-override eth0 none" "set-override pci-0000:01:00.0 none"; do
		echo "# $arguments"
		# shellcheck disable=SC2086 # words
		run_in_tree bash -c 'mount -n -t tmpfs tmpfs /sys && exec "$@"' - "$DRIVERCTL" $arguments
		[[ $status == [13] ]]
		expect_error "$status" "driverctl: *"
	done
	run_in_tree bash -c 'mount -n -t tmpfs tmpfs /sys && exec "$@"' - "$DRIVERCTL" list-persisted
	expect 0 "0000:01:00.0 e1000e" ""
	expect_unchanged
}

@test "no permission to read the store" {
	chmod 000 "$STORE/pci-0000:01:00.0"
	without_root "$DRIVERCTL" list-persisted
	expect_error 1 "driverctl: */etc/driverctl.d/pci-0000:01:00.0: *Permission denied*"
	chmod 000 "$STORE"
	without_root "$DRIVERCTL" list-persisted
	expect_error 1 "driverctl: /etc/driverctl.d: *Permission denied*"
	chmod 755 "$STORE"
}

@test "no permission to read a device" {
	pci_device 0000:02:00.0
	chmod 000 "$(device_dir pci 0000:01:00.0)/driver_override"
	without_root "$DRIVERCTL" list-devices
	[[ $output == *"0000:02:00.0 (none)" && $stderr != *$'\n'* ]]
}

@test "an error in the configuration, with its line" {
	local text
	for text in "timeout = soon" "timeout = 3$LONG"; do
		put "$TREE/etc/driverctl.conf" "# fine" "[safety]" "$text"
		run_driverctl set-override 0000:01:00.0 e1000e
		expect_error 1 "driverctl: /etc/driverctl.conf:3: *"
		[ "${#stderr}" -lt 300 ]
	done
	rm "$TREE/etc/driverctl.conf"
	expect_unchanged
}

@test "a full standard output" {
	local arguments
	for arguments in list-devices list-persisted --help --version "--json list-devices"; do
		echo "# $arguments"
		# shellcheck disable=SC2086 # words
		run_in_tree bash -c 'exec "$@" >/dev/full' - "$DRIVERCTL" $arguments
		expect_error 1 "driverctl: *No space left on device*"
	done
	expect_unchanged
}

@test "hundreds of arguments" {
	local devices
	mapfile -t devices < <(printf '0000:99:%02x.0\n' {0..255})
	run_driverctl unset-override "${devices[@]}"
	[ "$status" = 3 ]
	[ "$(wc -l <<<"$stderr")" = 256 ]
	expect_unchanged
}

@test "a configuration that is no regular file" {
	mkfifo "$TREE/etc/driverctl.conf"
	run_driverctl show 0000:01:00.0
	expect_error 1 "driverctl: /etc/driverctl.conf: Invalid argument"
	rm "$TREE/etc/driverctl.conf"
	mkdir "$TREE/etc/driverctl.conf"
	run_driverctl show 0000:01:00.0
	expect_error 1 "driverctl: /etc/driverctl.conf: Invalid argument"
	rmdir "$TREE/etc/driverctl.conf"
}

@test "an error in the configuration does not look like a list without overrides" {
	pci_device 0000:02:00.0 override=none
	put "$STORE/pci-0000:02:00.0" none
	put "$TREE/etc/driverctl.conf" "[safety]" "identity = perhaps"
	prints "0000:02:00.0 (none)" run_driverctl list-overrides
	run_driverctl list-persisted
	expect 0 "0000:01:00.0 e1000e
0000:02:00.0 none" ""
	run_driverctl -v list-overrides
	[ "$status" = 0 ]
	[[ $stderr == "driverctl: /etc/driverctl.conf:2: "*"; going on with the defaults" ]]
}

@test "an unset of what is neither there nor saved leaves no lock behind" {
	run_driverctl unset-override 0000:99:00.0
	expect 3 "" "driverctl: 0000:99:00.0: no such device"
	expect_unchanged
	[ ! -e "$TREE/run/driverctl/pci-0000:99:00.0.lock" ]
}
