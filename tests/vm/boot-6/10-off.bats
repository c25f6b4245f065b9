#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# A boot with driverctl=off, from an initramfs that would take the root disk away.

load ../guest

@test "nothing was applied, and nothing failed" {
	at_rest
	is "$(state "$root_card")" "virtio-pci (none) vfio-pci"
	is "$(state "$card2")" "e1000e (none) vfio-pci"
	untouched "$net_card" virtio-pci
	grep -x "etc/driverctl.d/pci-$root_card" /boot/initramfs-tools.list
	is "$(failed_units)" ""
}

@test "load-override is refused, set-override and unset-override work" {
	fails 4 "driverctl=off on the kernel command line" driverctl load-override "$card2"
	fails 4 "driverctl=off on the kernel command line" driverctl load-override --all
	silently driverctl unset-override "$root_card"
	untouched "$root_card" virtio-pci
	silently driverctl set-override "$card2" vfio-pci
	overridden "$card2" vfio-pci
}

@test "a card that comes back is left alone" {
	dev=$card2
	echo 1 >"$devices/$dev/remove"
	echo 1 >/sys/bus/pci/rescan
	wait_for 20 driver_is "$dev" e1000e
	at_rest
	is "$(state "$dev")" "e1000e (none) vfio-pci"
	is "$(failed_units)" ""
}
