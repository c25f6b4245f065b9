#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The driver that libvirt chooses for a device that it detaches, and the choice of best-vfio.

load ../guest
load ../libvirt

setup_file()
{
	load ../guest
	load ../libvirt
	# It matches with as many wildcards as the better one, which is installed.
	install_variant tie
	# An earlier boot blacklisted a variant, which libvirt does not notice.
	rm -f /etc/modprobe.d/test-variants.conf
	libvirt_start
}

teardown() { libvirt_cleanup; }

# agree DEV: what libvirt chose is in driver_override, also if that driver does not bind.
agree()
{
	local node=pci_${1//[:.]/_} best driver module

	best=$(driverctl best-vfio "$1")
	variants_known || best=vfio_pci
	capture virsh --quiet nodedev-detach "$node"
	is "$1: $status $stderr" "$1: 0 "
	read -r driver <"$devices/$1/driver_override"
	module=$(realpath "/sys/bus/pci/drivers/$driver/module")
	is "$1: ${module##*/}" "$1: $best"
	[ "$best" = dctl_fail_vfio ] || driver_is "$1" "$driver"
	virsh --quiet nodedev-reattach "$node"
}

@test "show and best-vfio tell of two variants that are equally good" {
	has "$(driverctl --json best-vfio "$card1")" '"ambiguous":true'
	has "$(driverctl show "$card1")" \
		"dctl_better_vfio (3 wildcards), then dctl_tie_vfio (3 wildcards), then dctl_black_vfio (4 wildcards)"
}

@test "every device that can be detached: libvirt and best-vfio choose the same driver" {
	n=0
	for path in "$devices"/*; do
		dev=${path##*/}
		read -r class <"$path/class"
		# libvirt detaches no bridges.
		[[ $class != 0x06* && $dev != "$root_card" ]] || continue
		agree "$dev"
		n=$((n + 1))
	done
	echo "# $n devices" >&3
	[ "$n" -ge 10 ]
}
