#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The variants after a reboot; then a better one is installed.

load ../guest

@test "the best variant is bound again" {
	overridden "$card1" e1000e-variant
}

@test "a variant set by name, with a driver called otherwise, is bound again" {
	overridden "$edu" e1000e-variant
}

@test "the failing variant was passed over again" {
	overridden "$net_card" vfio-pci
	has "$(journalctl -b -t driverctl -o cat)" \
		"$net_card: VFIO variant 'dctl_fail_vfio' passed over: Input/output error"
}

@test "before the reboot: a better variant is installed" {
	cp /usr/local/lib/dctl_better_vfio.ko "/lib/modules/$(uname -r)/updates/"
	depmod
	is "$(driverctl best-vfio "$card1")" dctl_better_vfio
	overridden "$card1" e1000e-variant
}

@test "before the reboot: overrides are removed, and the initramfs is not made again" {
	driverctl unset-override "$card3" "$card4" "${group[@]:0:2}" 0000:99:00.0
}
