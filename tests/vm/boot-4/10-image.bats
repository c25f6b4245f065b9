#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# A boot with an initramfs of dracut that has the saved overrides.

load ../guest

@test "the native driver never touched the overridden cards, and took those without an override" {
	at_rest
	has "$(dmesg | head -n 1)" "Linux version" # the log is complete
	is "$(native_lines "$card1" e1000e)" 0
	is "$(native_lines "$card3" e1000e)" 0
	# The best variant is bound again.
	best=$(<"$store/pci-$card1")
	has "$best" variant
	overridden "$card1" "$best"
	overridden "$card3" vfio-pci
	untouched "$card2" e1000e
	untouched "$card4" e1000e
	has "$(dmesg)" "e1000e $card2"
	echo "# lines of e1000e: overridden $(native_lines "$card1" e1000e), \
not overridden $(native_lines "$card2" e1000e)" >&3
}

@test "it was dracut's initramfs, with the program and the saved overrides" {
	has "$(journalctl -b -o cat)" "dracut pre-udev hook"
	is "$(grep -oE '[^ ]+/driverctl[^ ]*$' /boot/dracut.list | sort)" \
		"etc/driverctl.d
etc/driverctl.d/pci-$card1
etc/driverctl.d/pci-$card3
etc/driverctl.d/policy
etc/driverctl.d/policy/pci-$card1.ini
etc/driverctl.d/policy/pci-$card3.ini
etc/systemd/system/systemd-modules-load.service.d/driverctl.conf
usr/sbin/driverctl"
}

@test "no unit failed" {
	is "$(failed_units)" ""
	overridden "$card3" vfio-pci
}

# The root disk's card is to be taken away from its driver.
@test "before the reboot: an override of the root disk's card" {
	driverctl unset-override "$card1" "$card3"
	driverctl set-override "$card2" vfio-pci
	echo vfio-pci >"$store/pci-$root_card"
}
