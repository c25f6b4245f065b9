#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What udev's rule runs. What load-override does is in load-override.bats; here it is called as udev
# calls it.

load ../helpers/tree

LOAD=$(dirname "$VFIO_NAME")/driverctl_load

setup() {
	tree_create "$BATS_TEST_TMPDIR/tree"
	pci_device 0000:01:00.0
	put "$STORE/pci-0000:01:00.0" none
}

# as_udev BUS NAME PATH [ACTION]: with udev's environment, no other, and /etc not to be written.
as_udev() {
	run_in_tree bash -c 'mount -n -o remount,bind,ro /etc && exec "$@"' - \
		env -i ACTION="${4:-add}" SUBSYSTEM="$1" DEVPATH="$3" SEQNUM=1234 \
		ASAN_OPTIONS="log_path=$REPORTS/asan" UBSAN_OPTIONS="log_path=$REPORTS/ubsan" \
		"$LOAD" --timeout=2 "$1/$2"
}

@test "the saved override is applied" {
	silently as_udev pci 0000:01:00.0 /devices/pci0000:00/0000:00:1c.4/0000:01:00.0
	overrides 0000:01:00.0=none
}

@test "what fails has the exit code and the line of load-override" {
	module_driver vfio_pci pci vfio-pci
	put "$STORE/pci-0000:01:00.0" vfio-pci
	as_udev pci 0000:01:00.0 /devices/pci0000:00/0000:00:1c.4/0000:01:00.0
	expect_error 5 "driverctl: 0000:01:00.0: driver 'vfio-pci' *; now without a driver, *"
	put "$STORE/pci-0000:01:00.0" nosuchdriver
	as_udev pci 0000:01:00.0 /devices/pci0000:00/0000:00:1c.4/0000:01:00.0
	expect_error 7 "driverctl: 0000:01:00.0: no driver or module 'nosuchdriver'*"
	run_in_tree "$LOAD"
	expect_error 2 "driverctl: load-override takes *"
	run_in_tree "$LOAD" --nosuchoption 0000:01:00.0
	expect_error 2 "driverctl: unknown option '--nosuchoption' *"
}

@test "a device that has gone meanwhile is no failure" {
	silently as_udev pci 0000:09:00.0 /devices/pci0000:00/0000:09:00.0
}

@test "driverctl=off: nothing is applied" {
	kernel_line driverctl=off
	as_udev pci 0000:01:00.0 /devices/pci0000:00/0000:00:1c.4/0000:01:00.0
	expect_error 4 "driverctl: driverctl=off on the kernel command line: nothing applied *"
	overrides "0000:01:00.0=(null)"
}

@test "a device that does not answer: exit 6 in time" {
	hangs 0000:01:00.0
	local started=$SECONDS
	as_udev pci 0000:01:00.0 /devices/pci0000:00/0000:00:1c.4/0000:01:00.0
	[ $((SECONDS - started)) -le 10 ]
	expect_error 6 "driverctl: 0000:01:00.0: *not finished after 2 s*"
}

@test "the configuration holds, and an error in it does not keep the override from loading" {
	mkdir "$STORE/policy"
	put "$STORE/policy/pci-0000:01:00.0.ini" "[override]" "driver = none" "modalias = pci:other"
	as_udev pci 0000:01:00.0 /devices/pci0000:00/0000:00:1c.4/0000:01:00.0
	expect_error 4 "driverctl: 0000:01:00.0: not the device the override was set for *"
	put "$TREE/etc/driverctl.conf" "[vfio]" "deny = one_pci other_pci" "[safety]" "identity = no"
	silently as_udev pci 0000:01:00.0 /devices/pci0000:00/0000:00:1c.4/0000:01:00.0
	overrides 0000:01:00.0=none
	rm "$STORE/policy/pci-0000:01:00.0.ini"
	put "$TREE/etc/driverctl.conf" "[safety]" "identity = perhaps"
	silently as_udev pci 0000:01:00.0 /devices/pci0000:00/0000:00:1c.4/0000:01:00.0
}

@test "standard input, output and error closed" {
	run_in_tree bash -c 'exec "$@" <&- >&- 2>&-' - "$LOAD" 0000:01:00.0
	[ "$status" = 0 ]
	overrides 0000:01:00.0=none
}

@test "a pattern in modprobe.d that libkmod complains about is not in udev's log" {
	mkdir "$TREE/etc/modprobe.d"
	put "$TREE/etc/modprobe.d/bad.conf" "nonsense" "alias onlyone"
	put "$STORE/pci-0000:01:00.0" nosuchdriver
	as_udev pci 0000:01:00.0 /devices/pci0000:00/0000:00:1c.4/0000:01:00.0
	expect_error 7 "driverctl: 0000:01:00.0: no driver or module 'nosuchdriver'*"
}

JOURNAL=run/driverctl/journal

# bound DEVICE DRIVER [SECONDS]: so long ago (0), a load has bound the device to the driver.
bound() {
	noted pci "$1" "override=$2" "driver=$2" \
		"time=$(awk -v ago="${3:-0}" '{ print int(($1 - ago) * 1000) }' /proc/uptime)"
}

# A bind file that has been written to has the device's name in it.
@test "a device that has just lost its driver is bound again" {
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:02:00.0 override=vfio-pci
	put "$STORE/pci-0000:02:00.0" vfio-pci
	# The clock may have been set since.
	bound 0000:02:00.0 vfio-pci
	touch -d '1 hour ago' "$TREE/$JOURNAL/pci-0000:02:00.0"
	as_udev pci 0000:02:00.0 /devices/pci0000:00/0000:00:1c.4/0000:02:00.0 unbind
	[ "$(cat "$SYS/bus/pci/drivers/vfio-pci/bind")" = 0000:02:00.0 ]
}

@test "an unbind event of a device that no load has bound asks for nothing, whatever is saved" {
	pci_device 0000:02:00.0
	pci_device 0000:03:00.0
	put "$STORE/pci-0000:03:00.0" "not a
name"
	local name
	for name in 0000:02:00.0 0000:03:00.0; do
		as_udev pci "$name" "/devices/pci0000:00/0000:00:1c.4/$name" unbind
		expect 0 "" ""
	done
}

@test "one that loses it later, or to another driver, or to another override, is left alone" {
	module_driver vfio_pci pci vfio-pci
	local names="0000:02:00.0 0000:03:00.0 0000:04:00.0 0000:05:00.0 0000:06:00.0" name
	pci_device 0000:02:00.0 override=vfio-pci
	pci_device 0000:03:00.0
	pci_device 0000:04:00.0 override=vfio-pci driver=e1000e
	pci_device 0000:05:00.0 override=igb_uio
	pci_device 0000:06:00.0 override=vfio-pci
	for name in $names; do
		put "$STORE/pci-$name" vfio-pci
		bound "$name" vfio-pci
	done
	bound 0000:02:00.0 vfio-pci 11
	sed -i s/^by=.*/by=hand/ "$TREE/$JOURNAL/pci-0000:06:00.0"
	for name in $names; do
		silently as_udev pci "$name" "/devices/pci0000:00/0000:00:1c.4/$name" unbind
	done
	[ ! -s "$SYS/bus/pci/drivers/vfio-pci/bind" ]
	[ ! -s "$SYS/bus/pci/drivers/e1000e/unbind" ]
}

@test "what was changed by hand with --nosave holds until the device is removed" {
	pci_device 0000:02:00.0 override=none
	put "$STORE/pci-0000:02:00.0" none
	silently run_driverctl --nosave unset-override 0000:02:00.0
	silently as_udev pci 0000:02:00.0 /devices/pci0000:00/0000:00:1c.4/0000:02:00.0
	overrides 0000:02:00.0=
	silently run_driverctl load-override 0000:02:00.0
	overrides 0000:02:00.0=none

	run_driverctl --nosave unset-override 0000:02:00.0
	cp -a "$(device_dir pci 0000:02:00.0)" "$BATS_TEST_TMPDIR/added again"
	rm -r "$(device_dir pci 0000:02:00.0)"
	mv "$BATS_TEST_TMPDIR/added again" "$SYS/devices/pci0000:00/0000:00:1c.4/0000:02:00.0"
	silently as_udev pci 0000:02:00.0 /devices/pci0000:00/0000:00:1c.4/0000:02:00.0
	overrides 0000:02:00.0=none
}

@test "one that was unbound on purpose, for example by --noprobe, is left alone" {
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:02:00.0 driver=e1000e
	silently run_driverctl --noprobe set-override 0000:02:00.0 vfio-pci
	rm "$(device_dir pci 0000:02:00.0)/driver"
	silently as_udev pci 0000:02:00.0 /devices/pci0000:00/0000:00:1c.4/0000:02:00.0 unbind
	[ ! -s "$SYS/bus/pci/drivers/vfio-pci/bind" ]
}

# --- the functions of a card ---

# functions PF VF...: the PF's virtual functions, each with a saved override
functions() {
	local function i=0
	pci_device "$1"
	for function in "${@:2}"; do
		pci_device "$function"
		put "$STORE/pci-$function" none
		link_to "$(device_dir pci "$function")/physfn" "$(device_dir pci "$1")"
		link_to "$(device_dir pci "$1")/virtfn$i" "$(device_dir pci "$function")"
		((++i))
	done
}

@test "a virtual function: the card's others are applied too, where they have an override" {
	functions 0000:02:00.0 0000:02:00.1 0000:02:00.2 0000:02:00.3
	functions 0000:03:00.0 0000:03:00.1
	rm "$STORE/pci-0000:02:00.2"
	silently as_udev pci 0000:02:00.1 /devices/pci0000:00/0000:02:00.1
	overrides 0000:02:00.1=none "0000:02:00.2=(null)" 0000:02:00.3=none "0000:02:00.0=(null)" \
		"0000:03:00.1=(null)"
}

@test "a virtual function: one that is created meanwhile is applied too" {
	functions 0000:02:00.0 0000:02:00.1 0000:02:00.2
	local physical
	physical=$(device_dir pci 0000:02:00.0)
	first_is_done() { [ "$(override_of 0000:02:00.1)" = none ]; }
	mv "$physical/virtfn1" "$BATS_TEST_TMPDIR"
	put "$physical/sriov_numvfs" 0
	{
		wait_until first_is_done
		mv "$BATS_TEST_TMPDIR/virtfn1" "$physical"
		put "$physical/sriov_numvfs" 2
	} &
	as_udev pci 0000:02:00.1 /devices/pci0000:00/0000:02:00.1
	wait $!
	expect 0 "" ""
	overrides 0000:02:00.2=none
}

@test "a virtual function: one that fails is udev's own call's to report" {
	functions 0000:02:00.0 0000:02:00.1 0000:02:00.2 0000:02:00.3
	put "$STORE/pci-0000:02:00.2" nosuchdriver
	as_udev pci 0000:02:00.1 /devices/pci0000:00/0000:02:00.1
	[ "$status" = 0 ]
	overrides 0000:02:00.3=none
	as_udev pci 0000:02:00.2 /devices/pci0000:00/0000:02:00.2
	[ "$status" = 7 ]
}

@test "a virtual function: only one process looks after the others" {
	functions 0000:02:00.0 0000:02:00.1 0000:02:00.2
	mkdir -p "$TREE/run/driverctl"
	exec 9>"$TREE/run/driverctl/functions-0000:02:00.0.lock"
	flock 9
	as_udev pci 0000:02:00.1 /devices/pci0000:00/0000:02:00.1
	exec 9>&-
	expect 0 "" ""
	overrides 0000:02:00.1=none "0000:02:00.2=(null)"
}
