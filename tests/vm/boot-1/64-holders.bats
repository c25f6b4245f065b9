#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# guest: bookworm
# Virtual functions, the default route, mediated devices.

load ../guest

teardown()
{
	echo 0 >"$devices/$nvme/sriov_numvfs"
	ip link delete br0 2>/dev/null || :
	for path in /sys/bus/mdev/devices/*; do
		[ ! -e "$path/remove" ] || echo 1 >"$path/remove"
	done
	modprobe -r dctl_mdev
	systemctl reset-failed
	all_native
}

@test "a physical function with four virtual functions" {
	dev=$nvme
	echo 4 >"$devices/$dev/sriov_numvfs"
	fails 4 "$dev: in use: 4 virtual functions are enabled on it; still on 'nvme', nothing changed" \
		driverctl set-override "$dev" vfio-pci
	untouched "$dev" nvme
	has "$(driverctl show "$dev")" "4 of 32 virtual functions enabled"
	unit_refuses "$dev" "4 virtual functions are enabled on it"
	echo 0 >"$devices/$dev/sriov_numvfs"
	silently driverctl set-override "$dev" vfio-pci
}

# bridge: puts the interface of card1 into a bridge.
bridge()
{
	interface=$(ls "$devices/$card1/net")
	ip link add br0 type bridge
	ip link set "$interface" up master br0
	ip link set br0 up
}

refused()
{
	local why="in use: $interface, through br0, carries the default route"

	fails 4 "$card1: $why; still on 'e1000e', nothing changed (use --force to proceed anyway)" \
		driverctl set-override "$card1" vfio-pci
	untouched "$card1" e1000e
	has "$(driverctl show "$card1")" "in use       ${why#in use: }"
}

@test "a card in a bridge with the default route: refused by hand, applied at boot" {
	udevadm settle
	bridge
	ip address add 192.0.2.1/24 dev br0
	has "$(driverctl show "$card1")" "in use       no"
	ip route add default via 192.0.2.2 dev br0
	refused
	ip route delete default via 192.0.2.2 dev br0
	ip -6 address add 2001:db8::1/64 dev br0 nodad
	ip -6 route add default via 2001:db8::2 dev br0
	refused
	echo vfio-pci >"$store/pci-$card1"
	systemctl start "driverctl@pci-$card1.service"
	overridden "$card1" vfio-pci
}

@test "a parent of mediated devices: show lists what it offers; refused while one is active" {
	modprobe dctl_mdev
	dev=$edu uuid=c8ef7c51-e2ee-4b8b-9e9a-2d3ff0b8f2c4
	driver_is "$dev" dctl-mdev
	out=$(driverctl show "$dev")
	has "$out" "mdev types   dctl-mdev-large (Large one), vfio-pci, 2 free"
	has "$out" "             dctl-mdev-small (Small one), vfio-pci, 2 free"
	has "$out" "in use       no"
	echo "$uuid" >"$devices/$dev/mdev_supported_types/dctl-mdev-large/create"
	out=$(driverctl show "$dev")
	has "$out" "dctl-mdev-large (Large one), vfio-pci, 1 free"
	has "$out" "mdevs        $uuid dctl-mdev-large"
	has "$out" "in use       1 mediated device is active on it"
	fails 4 "$dev: in use: 1 mediated device is active on it; still on 'dctl-mdev', nothing changed" \
		driverctl set-override "$dev" vfio-pci
	untouched "$dev" dctl-mdev
	unit_refuses "$dev" "1 mediated device is active on it"
	echo 1 >"/sys/bus/mdev/devices/$uuid/remove"
	silently driverctl set-override "$dev" vfio-pci
	overridden "$dev" vfio-pci
}

@test "the units gave the same reasons" { units_said_why; }
