#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Cards that are plugged into a running guest: the rule, and what it refuses.

load ../guest

setup()
{
	dev=0000:06:00.0 # what is plugged into the port with bus 6
	unit=driverctl@pci-$dev.service
	systemctl reset-failed
}

teardown()
{
	[ ! -e "$devices/$dev" ] || unplug
	all_native
	[ -z "${swapped:-}" ] || swap_ports
}

gone() { [ ! -e "$devices/$dev" ]; }

# plugged DRIVER PORT: plugs in a card, and waits until udev has handled it.
plugged()
{
	plug "$@"
	wait_for 20 test -e "$devices/$dev"
	udevadm settle --timeout=30
}

unplugged()
{
	unplug
	wait_for 20 gone
	udevadm settle --timeout=30
}

# saved: plugs in a card, overrides it, and takes it out.
saved()
{
	plugged e1000e rp6
	wait_for 20 driver_is "$dev" e1000e
	driverctl set-override "$dev" vfio-pci
	unplugged
}

# refused DRIVER: the card at the address is not the one that was overridden: its own driver has it, and
# the unit says why.
refused()
{
	wait_for 20 driver_is "$dev" "$1"
	wait_for 20 systemctl is-failed --quiet "$unit"
	is "$(state "$dev")" "$1 (none) vfio-pci"
	is "$(failed_units)" "$unit"
	has "$(journalctl -b -o cat -u "$unit")" "$dev: not the device the override was set for"
}

# swap_ports: the empty root ports of the buses 6 and 7 exchange their buses.
swap_ports()
{
	local a b

	set -- "$devices"/*/pci_bus/0000:06 "$devices"/*/pci_bus/0000:07
	a=${1%/pci_bus*} b=${2%/pci_bus*}
	setpci -s "${a##*/}" SECONDARY_BUS=07 SUBORDINATE_BUS=07
	setpci -s "${b##*/}" SECONDARY_BUS=06 SUBORDINATE_BUS=06
	echo 1 >"$a/remove"
	echo 1 >"$b/remove"
	echo 1 >/sys/bus/pci/rescan
	wait_for 20 test -e "$a/pci_bus/0000:07"
	wait_for 20 test -e "$b/pci_bus/0000:06"
}

@test "a card at an overridden address gets its driver, every time, and without its unit" {
	saved
	before=$(systemctl show -P ExecMainStartTimestampMonotonic "$unit")
	for _ in 1 2; do
		plugged e1000e rp6
		overridden "$dev" vfio-pci
		unplugged
	done
	is "$(systemctl show -P ExecMainStartTimestampMonotonic "$unit")" "$before"
	is "$(failed_units)" ""
}

@test "another kind of card at that address: refused, its own driver has it" {
	saved
	plugged virtio-rng-pci rp6
	refused virtio-pci
}

@test "the same kind of card, moved behind another port so that it has that address: refused" {
	saved
	swapped=1
	swap_ports
	plugged e1000e rp7
	refused e1000e
}

@test "and moved back: it has its driver again" {
	saved
	plugged e1000e rp6
	overridden "$dev" vfio-pci
	is "$(failed_units)" ""
}
