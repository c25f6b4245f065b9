#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Leaves an override behind for the next boot and its initramfs. No teardown.

load ../guest

@test "before the reboot: one override" {
	is "$(find "$store" -type f)" ""
	driverctl set-override "$card1" vfio-pci
}
