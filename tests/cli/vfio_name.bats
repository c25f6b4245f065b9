#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later

load ../helpers/tree

setup_file() {
	fetch_original
}

# vfio_name SUBSYSTEM ARGUMENT...: ours, and the original's for comparison.
same_vfio_name() {
	run_in_tree env SUBSYSTEM="$1" "$ORIGINAL/usr/lib/udev/vfio_name" "${@:2}"
	local theirs=$output their_status=$status
	run_in_tree env SUBSYSTEM="$1" "$VFIO_NAME" "${@:2}"
	expect "$their_status" "$theirs" ""
}

@test "the devices of the group that have a driver" {
	pci_device 0000:01:00.0 driver=vfio-pci
	pci_device 0000:01:00.1
	pci_device 0000:01:00.2 driver=vfio-pci
	iommu_group 7 0000:01:00.0 0000:01:00.1 0000:01:00.2
	run_in_tree env SUBSYSTEM=vfio "$VFIO_NAME" 7
	expect 0 "/sys/devices/pci0000:00/0000:00:1c.4/0000:01:00.0/vfio
/sys/devices/pci0000:00/0000:00:1c.4/0000:01:00.2/vfio" ""
	same_vfio_name vfio 7
	same_vfio_name vfio vfio/7
	same_vfio_name vfio /dev/vfio/7
}

@test "no driver in the group" {
	pci_device 0000:01:00.0
	iommu_group 7 0000:01:00.0
	same_vfio_name vfio 7
}

@test "no such group" {
	run_in_tree env SUBSYSTEM=vfio "$VFIO_NAME" 8
	expect 1 "" ""
	same_vfio_name vfio 8
	same_vfio_name vfio vfio
}

@test "no argument, a bad one, an empty environment" {
	local argument
	run_in_tree "$VFIO_NAME"
	[ "$status" = 1 ]
	[ -z "$output" ]
	for argument in "" . .. / ../../bus "$(printf 'x%.0s' {1..5000})"; do
		run_in_tree env SUBSYSTEM=vfio "$VFIO_NAME" "$argument"
		[ "$status" = 1 ]
		[ -z "$output" ]
	done
	pci_device 0000:01:00.0 driver=vfio-pci
	iommu_group 7 0000:01:00.0
	run_in_tree env -i "$VFIO_NAME" 7
	[ "$status" = 0 ]
}
