#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# A port of an Open vSwitch bridge with the default route, and an adapter on a USB controller.

load ../guest

teardown()
{
	ovs-vsctl --no-wait --if-exists del-br br-ex 2>/dev/null || :
	/usr/share/openvswitch/scripts/ovs-ctl stop >/dev/null 2>&1 || :
	[ ! -e "$devices/0000:06:00.0" ] || unplug
	qmp netdev_del '{"id": "usb"}' 2>/dev/null || :
	all_native
}

@test "a port of Open vSwitch, whose bridge has the default route" {
	dev=$card1
	udevadm settle
	interface=$(ls "$devices/$dev/net")
	/usr/share/openvswitch/scripts/ovs-ctl start --system-id=random --no-monitor >/dev/null 3>&-
	ovs-vsctl add-br br-ex -- add-port br-ex "$interface"
	ip link set "$interface" up
	ip link set br-ex up
	ip address add 192.0.2.1/32 dev br-ex
	has "$(driverctl show "$dev")" "in use       no"
	ip route add default via 198.51.100.1 dev br-ex onlink
	use="in use: $interface, through br-ex, carries the default route"
	fails 4 "$dev: $use; still on 'e1000e', nothing changed (use --force to proceed anyway)" \
		driverctl set-override "$dev" vfio-pci
	untouched "$dev" e1000e
	has "$(ovs-vsctl list-ports br-ex)" "$interface"
	has "$(driverctl show "$dev")" "${use#in use: }"
	has "$(driverctl show "$card2")" "in use       no"
	silently driverctl --force set-override "$dev" vfio-pci
	overridden "$dev" vfio-pci
}

@test "the name of a USB network adapter is not its controller's" {
	qmp device_add '{"driver": "qemu-xhci", "bus": "rp6", "id": "plugged"}'
	qmp netdev_add '{"type": "user", "id": "usb"}'
	qmp device_add '{"driver": "usb-net", "bus": "plugged.0", "id": "adapter", "netdev": "usb"}'
	dev=0000:06:00.0
	wait_for 30 driver_is "$dev" xhci_hcd
	wait_for 60 compgen -G "$devices/$dev/usb*/*/*/net/*" >/dev/null
	udevadm settle
	path=$(echo "$devices/$dev"/usb*/*/*/net/*)
	path=${path%/net/*}
	interface=$(ls "$path/net")
	for command in set-override unset-override; do
		set -- vfio-pci
		[ "$command" = set-override ] || set --
		fails 2 "this interface belongs to ${path##*/} on bus usb, which has no driver_override" driverctl "$command" "$interface" "$@"
	done
	untouched "$dev" xhci_hcd
	[ -e "/sys/class/net/$interface" ]
}
