#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Leaves the overrides behind that the next boot looks for, also in its initramfs. No teardown.

load ../guest

@test "before the reboot: the best variant, and one by its driver's name" {
	echo "blacklist dctl_black_vfio" >/etc/modprobe.d/test-variants.conf
	driverctl set-override --best-vfio "$card1" "$net_card"
	driverctl set-override "$edu" dctl_card_vfio
	overridden "$card1" e1000e-variant
	overridden "$edu" e1000e-variant
	overridden "$net_card" vfio-pci
}

@test "before the reboot: the generic VFIO driver" {
	driverctl set-override "$card3" vfio-pci
}

@test "before the reboot: what will fail, and a device that is not there" {
	echo nosuchdriver >"$store/pci-$card4"
	echo dctl-refuse >"$store/pci-${group[0]}"
	driverctl set-override "${group[1]}" vfio-pci
	sed -i 's/v00001AF4d00001044/v00001AF4d00001045/' "$store/policy/pci-${group[1]}.ini"
	echo vfio-pci >"$store/pci-0000:99:00.0"
}
