#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# guest: trixie
# An IOMMU group of three functions: one call for all of them, or one for each.

load ../guest

setup() { number=$(group_of "$group"); }

teardown()
{
	modprobe -r dctl_refuse
	all_native
}

@test "one of three: the log, -v and show say that the group is not viable; all three: viable" {
	why="${group[0]}: IOMMU group $number is not viable: ${group[1]} is on virtio-pci"
	silently driverctl set-override "${group[0]}" vfio-pci
	journalctl --sync
	has "$(journalctl -b -t driverctl -o cat)" "$why (--iommu-group takes all of it)"
	silently driverctl unset-override "${group[0]}"
	capture driverctl -v set-override "${group[0]}" vfio-pci
	is "$status" 0
	has "$stderr" "$why"
	has "$(driverctl show "${group[0]}")" \
		"IOMMU group  $number; shared with ${group[1]} (virtio-pci), ${group[2]} (virtio-pci): use --iommu-group"

	silently driverctl --iommu-group set-override "${group[0]}" vfio-pci
	for dev in "${group[@]}"; do
		overridden "$dev" vfio-pci
		has "$(driverctl show "$dev")" "; viable"
	done
	hold_vfio "$number" "${group[2]}" >"$BATS_TEST_TMPDIR/held" 3>&- &
	wait_for 10 grep -q ready "$BATS_TEST_TMPDIR/held"
	kill $!

	silently driverctl --iommu-group unset-override "${group[1]}"
	for dev in "${group[@]}"; do
		untouched "$dev" virtio-pci
	done
}

@test "--best-vfio chooses for each function" {
	silently driverctl --iommu-group --best-vfio set-override "${group[2]}"
	for dev in "${group[@]}"; do
		overridden "$dev" vfio-pci
		has "$(<"$store/policy/pci-$dev.ini")" "choose = best-vfio"
	done
}

@test "if one function fails, all are restored" {
	modprobe dctl_refuse only="${group[1]}"
	fails 5 "driverctl: ${group[1]}: driver 'dctl-refuse' refused the device: Input/output error" \
		driverctl --iommu-group set-override "${group[0]}" dctl-refuse
	has "$stderr" "; IOMMU group $number is as it was"
	for dev in "${group[@]}"; do
		untouched "$dev" virtio-pci
	done
	# The driver accepts another function.
	silently driverctl set-override "${group[0]}" dctl-refuse
}
