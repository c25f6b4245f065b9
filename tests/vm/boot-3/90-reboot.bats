#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Leaves the overrides behind for the next boot and its initramfs. No teardown.

load ../guest

@test "before the reboot: the best variant, and the generic VFIO driver" {
	is "$(find "$store" -type f)" ""
	driverctl set-override --best-vfio "$card1"
	driverctl set-override "$card3" vfio-pci
}
