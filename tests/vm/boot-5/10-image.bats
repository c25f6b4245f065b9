#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# A boot with an initramfs of dracut that has the saved override.

load ../guest

@test "the native driver never touched the overridden card, and took those without an override" {
	has "$(dmesg | head -n 1)" "Linux version" # the log is complete
	is "$(native_lines "$card1" e1000e)" 0
	overridden "$card1" vfio-pci
	untouched "$card2" e1000e
	untouched "$card3" e1000e
	has "$(dmesg)" "e1000e $card2"
	echo "# lines of e1000e: overridden $(native_lines "$card1" e1000e), \
not overridden $(native_lines "$card2" e1000e)" >&3
}

@test "it was dracut's image, with the program and the saved override" {
	has "$(journalctl -b -o cat)" "dracut pre-udev hook"
	is "$(grep -oE '[^ ]+/driverctl[^ ]*$' /boot/dracut.list | sort)" \
		"etc/driverctl.d
etc/driverctl.d/pci-$card1
etc/driverctl.d/policy
etc/driverctl.d/policy/pci-$card1.ini
etc/systemd/system/systemd-modules-load.service.d/driverctl.conf
usr/sbin/driverctl"
}

@test "no unit failed, also after a while" {
	at_rest
	is "$(failed_units)" ""
	overridden "$card1" vfio-pci
}

@test "before the reboot: the root disk's card is to be taken away" {
	driverctl unset-override "$card1"
	driverctl set-override "$card2" vfio-pci
	echo vfio-pci >"$store/pci-$root_card"
}
