#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# libvirt's own choice for a device that it detaches from its driver, and best-vfio's.

load ../guest
load ../libvirt

setup_file()
{
	load ../guest
	load ../libvirt
	# The class-limited one, and another one with as many wildcards.
	cp /usr/local/lib/dctl_{better,tie}_vfio.ko "/lib/modules/$(uname -r)/updates/"
	# An earlier boot blacklists one of them, which libvirt does not see.
	rm -f /etc/modprobe.d/test-variants.conf
	depmod
	libvirt_start
}

teardown() { libvirt_cleanup; }

# agree DEV: what libvirt chose is in driver_override, also where that driver does not bind.
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

@test "three variants are for the cards, one by their class, and a tie is among them" {
	has "$(driverctl --json best-vfio "$card1")" '"ambiguous":true'
	has "$(driverctl show "$card1")" \
		"dctl_better_vfio (3 wildcards), then dctl_tie_vfio (3 wildcards), then dctl_black_vfio (4 wildcards)"
}

@test "every device that can be detached: libvirt's choice is best-vfio's" {
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
