#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Leaves the overrides behind that the next boot looks for, also in its initramfs. No teardown.

load ../guest

# other_device DEV: the saved override is for another kind of device.
other_device() { sed -i 's/v00001AF4d00001044/v00001AF4d00001045/' "$store/policy/pci-$1.ini"; }

@test "before the reboot: overrides, of which some are removed after the initramfs was made" {
	echo "blacklist dctl_black_vfio" >/etc/modprobe.d/test-variants.conf
	driverctl set-override --best-vfio "$card1" "$net_card"
	overridden "$card1" e1000e-variant
	overridden "$net_card" vfio-pci
	driverctl set-override "$edu" dctl_card_vfio
	overridden "$edu" e1000e-variant
	driverctl set-override "$card3" vfio-pci
	# These will fail, and this device is not there.
	echo nosuchdriver >"$store/pci-$card4"
	echo dctl-refuse >"$store/pci-${group[0]}"
	driverctl set-override "${group[1]}" vfio-pci
	other_device "${group[1]}"
	echo vfio-pci >"$store/pci-0000:99:00.0"

	# These are in the initramfs alone.
	removed=("$nvme" "$smbus" "$data_card" "${group[2]}")
	driverctl set-override "$nvme" "${group[2]}" vfio-pci
	other_device "${group[2]}"
	echo dctl-refuse >"$store/pci-$smbus"
	echo nosuchdriver >"$store/pci-$data_card"
	cp -a "$store" /var/tmp/
	silently driverctl unset-override "${removed[@]}"
	is "$(compgen -G "$store/pci-*" | wc -l)" 8
}

@test "before the reboot: a better variant is installed" {
	install_variant better
	is "$(driverctl best-vfio "$card1")" dctl_better_vfio
	overridden "$card1" e1000e-variant
}
