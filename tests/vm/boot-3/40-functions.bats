#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# FUNCTIONS virtual functions of the NVMe card, created at once, all with saved overrides. The card's
# native driver takes the functions too, as far as QEMU lets it: they have no namespace.

load ../guest

teardown()
{
	echo 0 >"$devices/$nvme/sriov_numvfs"
	echo 1 >"$devices/$nvme/sriov_drivers_autoprobe"
	all_native
}

create() { echo "$FUNCTIONS" >"$devices/$nvme/sriov_numvfs"; }
remove() { echo 0 >"$devices/$nvme/sriov_numvfs"; }

# all_on DRIVER: all functions of the card's bus; the card itself is the only other device there.
all_on()
{
	local on=("/sys/bus/pci/drivers/$1/${nvme%:*}":*)

	[ "${#on[@]}" -eq "$FUNCTIONS" ]
}

# save DRIVER: for every function.
save()
{
	local names=()

	create
	udevadm settle --timeout=60
	mapfile -t names < <(realpath "$devices/$nvme"/virtfn* | sed 's|.*/||')
	is "${#names[@]}" "$FUNCTIONS"
	driverctl set-override "${names[@]}" "$1"
	remove
	udevadm settle --timeout=60
}

# native_probes: for how many functions the probe of nvme was called.
native_probes() { dmesg | grep -c "nvme nvme[0-9]*: pci function ${nvme%:*}:" || :; }

# bound DRIVER: how many times a device was bound to it, by the kernel's log.
bound() { dmesg | grep -cE "really_probe: bound device .*to driver $1\$"; }

# bound_once DRIVER: each was bound to it at every creation, and not twice. If a reset of nvme fails in Linux
# 6.1, that takes away the function's driver, even if it is another one by then.
bound_once()
{
	local once=$((CREATIONS * FUNCTIONS)) removed bound

	bound=$(bound "$1")
	removed=$(dmesg | grep -c "nvme nvme[0-9]*: Removing after probe failure" || :)
	echo "# $once functions: bound to $1 $bound times; nvme took $removed drivers away" >&3
	[ "$bound" -ge "$once" ]
	[ "$bound" -le "$((once + removed))" ]
}

# created DRIVER: creates them CREATIONS times; each time all are bound to DRIVER in the end.
created()
{
	local i

	dmesg -C
	for ((i = 1; i <= CREATIONS; i++)); do
		create
		wait_for 60 all_on "$1"
		[ "$i" -lt "$CREATIONS" ] || at_rest
		all_on "$1"
		remove
	done
	bound_once "$1"
	is "$(failed_units)" ""
	udevadm settle --timeout=60
}

@test "virtual functions: all are on another driver at every creation" {
	save dctl_card_vfio
	created e1000e-variant
}

@test "virtual functions: all are on vfio-pci; without sriov_drivers_autoprobe nvme touches none" {
	save vfio-pci
	created vfio-pci
	touched=$(native_probes)

	echo 0 >"$devices/$nvme/sriov_drivers_autoprobe"
	created vfio-pci
	echo "# functions that nvme touched: $touched with autoprobe, $(native_probes) without" >&3
	is "$(native_probes)" 0

	# The card itself has the same ids and no override: it stays on its driver.
	untouched "$nvme" nvme
	echo "$nvme" >"$devices/$nvme/driver/unbind"
	echo "$nvme" >/sys/bus/pci/drivers_probe
	untouched "$nvme" nvme
}
