#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The variants after a reboot; then a better one is installed.

load ../guest

@test "the best variant is bound again" {
	overridden "$card1" e1000e-variant
}

@test "a variant set by name, with a driver called otherwise, is bound again" {
	overridden "$card2" e1000e-variant
}

@test "the failing variant was passed over again, no unit failed" {
	overridden "$net_card" vfio-pci
	has "$(journalctl -b -t driverctl -o cat)" \
		"$net_card: VFIO variant 'dctl_fail_vfio' passed over: Input/output error"
	is "$(systemctl --failed --plain --no-legend)" ""
}

@test "before the reboot: a better variant is installed" {
	cp /usr/local/lib/dctl_better_vfio.ko "/lib/modules/$(uname -r)/updates/"
	depmod
	is "$(driverctl best-vfio "$card1")" dctl_better_vfio
	overridden "$card1" e1000e-variant
}
