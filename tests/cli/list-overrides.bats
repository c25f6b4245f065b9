#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later

load ../helpers/tree
load ../fixtures/varied

setup_file() {
	fetch_original
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
