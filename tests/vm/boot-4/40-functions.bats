#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# 32 virtual functions of the NVMe card, created at once, all with saved overrides. The card's native
# driver takes the functions too, as far as QEMU lets it: they have no namespace.

load ../guest

teardown()
{
	echo 0 >"$devices/$nvme/sriov_numvfs"
	echo 1 >"$devices/$nvme/sriov_drivers_autoprobe"
	all_native
}

create() { echo 32 >"$devices/$nvme/sriov_numvfs"; }
remove() { echo 0 >"$devices/$nvme/sriov_numvfs"; }

# all_on DRIVER: of the card's bus, on which the card itself is the other device.
all_on()
{
	local on=("/sys/bus/pci/drivers/$1/${nvme%:*}":*)

	[ "${#on[@]}" -eq 32 ]
}

# save DRIVER: for every function.
save()
{
	local functions=()

	create
	udevadm settle --timeout=60
	mapfile -t functions < <(realpath "$devices/$nvme"/virtfn* | sed 's|.*/||')
	is "${#functions[@]}" 32
	driverctl set-override "${functions[@]}" "$1"
	remove
	udevadm settle --timeout=60
}

# native_probes: for how many functions nvme's probe was called; it may be none.
native_probes() { dmesg | grep -c "nvme nvme[0-9]*: pci function ${nvme%:*}:" || :; }

# created DRIVER: they are created CREATIONS times, and each time all come to be on DRIVER.
created()
{
	local i

	for ((i = 1; i <= CREATIONS; i++)); do
		create
		wait_for 60 all_on "$1"
		[ "$i" -lt "$CREATIONS" ] || at_rest
		all_on "$1"
		remove
	done
	is "$(failed_units)" ""
	udevadm settle --timeout=60
}

@test "all are on another driver at every creation" {
	save dctl_card_vfio
	created e1000e-variant
}

@test "all are on vfio-pci at every creation; without sriov_drivers_autoprobe nvme touches none" {
	save vfio-pci
	dmesg -C
	created vfio-pci
	touched=$(native_probes)

	echo 0 >"$devices/$nvme/sriov_drivers_autoprobe"
	dmesg -C
	create
	wait_for 60 all_on vfio-pci
	echo "# functions that nvme touched: $touched with autoprobe, $(native_probes) without" >&3
	is "$(native_probes)" 0
	at_rest
	all_on vfio-pci
	is "$(failed_units)" ""
	remove

	# The card itself has the same ids, and no override.
	untouched "$nvme" nvme
	echo "$nvme" >"$devices/$nvme/driver/unbind"
	echo "$nvme" >/sys/bus/pci/drivers_probe
	untouched "$nvme" nvme
}
