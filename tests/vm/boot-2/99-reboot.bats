#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Leaves the overrides behind that the next boot looks for. No teardown.

load ../guest

@test "before the reboot: the best variant, and one by its driver's name" {
	echo "blacklist dctl_black_vfio" >/etc/modprobe.d/test-variants.conf
	driverctl set-override --best-vfio "$card1" "$net_card"
	driverctl set-override "$card2" dctl_card_vfio
	overridden "$card1" e1000e-variant
	overridden "$card2" e1000e-variant
	overridden "$net_card" vfio-pci
}
