#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# A boot with an initramfs whose overrides were removed since.

load ../guest

@test "overrides that were removed since are taken back: the native drivers have the devices" {
	at_rest
	untouched "$card3" e1000e
	untouched "$card4" e1000e
	untouched "${group[0]}" virtio-pci
	untouched "${group[1]}" virtio-pci
	is "$(failed_units)" ""
}

@test "only those: the native driver did not touch a card whose override is saved" {
	has "$(dmesg | head -n 1)" "Linux version" # the log is complete
	is "$(native_lines "$card1" e1000e)" 0
}
