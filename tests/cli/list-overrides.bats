#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later

load ../helpers/tree
load ../fixtures/varied

setup_file() {
	fetch_original
}

@test "the devices with an override, and the driver each is bound to" {
	pci_device 0000:01:00.0 driver=e1000e
	pci_device 0000:01:00.1 driver=vfio-pci override=vfio-pci model='82574L'
	pci_device 0000:02:00.0 override=none
	pci_device 0000:03:00.0 driver=e1000e override=vfio-pci
	run_driverctl list-overrides
	expect 0 "0000:01:00.1 vfio-pci
0000:02:00.0 (none)
0000:03:00.0 e1000e" ""
	run_driverctl --verbose list-overrides
	[ "$status" = 0 ]
	[ "$output" = "0000:01:00.1 vfio-pci (82574L)
0000:02:00.0 (none) ()
0000:03:00.0 e1000e ()" ]
}

@test "no override at all" {
	pci_device 0000:01:00.0 driver=e1000e
	pci_device 0000:02:00.0 driver=e1000e override=
	run_driverctl list-overrides
	expect 1 "" "$NOTHING"
	run_driverctl list-overrides network
	expect 1 "" "$NOTHING"
}

@test "overrides in other classes only" {
	pci_device 0000:01:00.0 driver=e1000e
	pci_device 0000:02:00.0 class=0x010802 override=none
	run_driverctl list-overrides network
	expect 0 "" ""
}

@test "the same as the original for every class and bus" {
	varied_devices
	local class bus
	for class in "${CLASSES[@]}"; do
		expect_same list-overrides "$class"
	done
	for bus in platform vmbus fsl-mc virtio cpu; do
		expect_same -b "$bus" list-overrides
		expect_same -b "$bus" -v list-overrides
	done
	expect_same -v list-overrides
}

@test "the same as the original where there is none" {
	expect_same list-overrides
	pci_device 0000:01:00.0 driver=e1000e
	expect_same list-overrides
}
