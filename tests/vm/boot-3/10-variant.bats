#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The boot after a better variant was installed.

load ../guest

@test "the best variant is chosen again, a driver that was set by name is not" {
	# The better one; the store is as it was set.
	is "$(state "$card1")" "e1000e-better-variant e1000e-better-variant e1000e-variant"
	overridden "$edu" e1000e-variant
	# The variant that fails was skipped again, once.
	overridden "$net_card" vfio-pci
	has "$(journalctl -b -t driverctl -o cat)" \
		"$net_card: VFIO variant 'dctl_fail_vfio' failed: Input/output error"
	is "$(said_of "$net_card") $(binds "$net_card" vfio-pci)" "1 1"
}

@test "after unset-override all is native" {
	silently driverctl unset-override "$card1" "$card3" "$card4" "$edu" "$net_card" "${group[@]:0:2}" \
		0000:99:00.0
	untouched "$card1" e1000e
	untouched "$card3" e1000e
	untouched "$card4" e1000e
	untouched "$edu" "(none)"
	untouched "$net_card" virtio-pci
	untouched "${group[0]}" virtio-pci
	untouched "${group[1]}" virtio-pci
	is "$(find "$store" -type f)" ""
	# Later tests look at all failed units.
	systemctl reset-failed
}

@test "the driver of a module that is being loaded is known for a variant, before the kernel says so" {
	modprobe -r dctl_card_vfio dctl_better_vfio
	silently driverctl --nosave set-override "$card1" none
	silently driverctl --save-only set-override --best-vfio "$card1"
	echo e1000e-variant >"$devices/$card1/driver_override"
	modprobe dctl_card_vfio seconds=3 &
	wait_for 10 test -e "$devices/$card1/vfio-dev"
	is "$(cat /sys/module/dctl_card_vfio/initstate)" coming
	silently driverctl load-override "$card1"
	wait $!
	driver_is "$card1" e1000e-better-variant
	silently driverctl unset-override "$card1"
	modprobe -r dctl_card_vfio
	untouched "$card1" e1000e
}
