#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later

load ../helpers/tree

saved() {
	put "$STORE/$1" "$2"
	mkdir -p "$STORE/policy"
	put "$STORE/policy/$1.ini" "[override]" "driver = $2" "choose = fixed"
}

expect_store_empty() {
	diff <(find "$STORE" -type f) /dev/null
}

@test "absent, every name that does not need the device" {
	local name
	for name in 0000:99:00.0 99:00.0 pci/0000:99:00.0 pci-0000:99:00.0; do
		saved pci-0000:99:00.0 vfio-pci
		silently run_driverctl unset-override "$name"
		expect_store_empty
	done
}

@test "absent, --nosave: the saved override stays" {
	saved pci-0000:99:00.0 vfio-pci
	run_driverctl --nosave unset-override 0000:99:00.0
	[ "$status" != 0 ]
	expect_file "$STORE/pci-0000:99:00.0" vfio-pci
}

@test "the ids that 0.121 left with vfio-pci are removed" {
	module_driver vfio_pci pci vfio-pci
	: >"$SYS/bus/pci/drivers/vfio-pci/remove_id"
	pci_device 0000:01:00.0 override=vfio-pci vendor=0x8086 device=0x10d3
	silently run_driverctl unset-override 0000:01:00.0
	[[ $(cat "$SYS/bus/pci/drivers/vfio-pci/remove_id") =~ ^(0x)?8086\ (0x)?10d3$ ]]
}

@test "a device on vfio-pci without an override goes back to its native driver" {
	module_driver vfio_pci pci vfio-pci
	: >"$SYS/bus/pci/drivers/vfio-pci/remove_id"
	pci_device 0000:01:00.0 driver=vfio-pci vendor=0x8086 device=0x10d3
	run_driverctl unset-override 0000:01:00.0
	[ "$(cat "$SYS/bus/pci/drivers/vfio-pci/unbind")" = 0000:01:00.0 ]
	[[ $(cat "$SYS/bus/pci/drivers/vfio-pci/remove_id") =~ ^(0x)?8086\ (0x)?10d3$ ]]
	# A driver of one's own choice, for example a VFIO variant with devices of its own, stays.
	module_driver nvidia pci nvidia
	pci_device 0000:02:00.0 driver=nvidia
	mkdir "$(device_dir pci 0000:02:00.0)/vfio-dev"
	silently run_driverctl unset-override 0000:02:00.0
	[ ! -s "$SYS/bus/pci/drivers/nvidia/unbind" ]
}

@test "in use: refused before it is looked whether the store can be written" {
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:01:00.0 driver=vfio-pci override=vfio-pci
	put "$(device_dir pci 0000:01:00.0)/sriov_numvfs" 2
	put "$STORE/pci-0000:01:00.0" vfio-pci
	run_in_tree bash -c 'mount -n -o remount,bind,ro /etc && exec "$@"' - \
		"$DRIVERCTL" unset-override 0000:01:00.0
	expect_error 4 "driverctl: 0000:01:00.0: in use: 2 virtual functions are enabled on it; *"
}

@test "several devices: goes on past a failure" {
	pci_device 0000:01:00.0 override=none
	pci_device 0000:02:00.0 override=none
	saved pci-0000:01:00.0 none
	saved pci-0000:02:00.0 none
	run_driverctl unset-override 0000:99:00.0 0000:01:00.0 0000:02:00.0
	expect_error 3 "driverctl: 0000:99:00.0: no such device"
	expect_store_empty
}

@test "a file that 0.121 saved, with whatever in it, is removed" {
	pci_device 0000:01:00.0 override=none
	put "$STORE/pci-0000:01:00.0" "not a" "driver name"
	silently run_driverctl unset-override 0000:01:00.0
	expect_store_empty
}

@test "the kernel does not answer: exit 6 in time, the store as it was" {
	pci_device 0000:01:00.0 driver=vfio-pci
	saved pci-0000:01:00.0 vfio-pci
	hangs 0000:01:00.0
	local started=$SECONDS
	run_driverctl --timeout=1 unset-override 0000:01:00.0
	[ $((SECONDS - started)) -le 10 ]
	expect_error 6 "driverctl: 0000:01:00.0: *not finished after 1 s*"
	expect_file "$STORE/pci-0000:01:00.0" vfio-pci
}

@test "--all: every saved override, also those of absent devices" {
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:01:00.0 override=none
	bus_device platform reg-dummy override=none
	local name
	for name in pci-0000:01:00.0 pci-0000:09:00.0 platform-reg-dummy; do
		put "$STORE/$name" none
	done
	put "$STORE/other" none
	silently run_driverctl -b platform unset-override --all
	[ "$(ls "$STORE")" = "other
pci-0000:01:00.0
pci-0000:09:00.0" ]
	silently run_driverctl unset-override --all
	[ "$(ls "$STORE")" = other ]
	overrides 0000:01:00.0=
	silently run_driverctl unset-override --all
	run_driverctl unset-override --all 01:00.0
	expect_error 2 "driverctl: unset-override takes DEVICE... or --all *"
	run_driverctl unset-override
	expect_error 2 "driverctl: unset-override takes DEVICE... or --all *"
}
