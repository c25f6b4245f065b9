#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Leaves the overrides behind for the next boot and its initramfs. No teardown.

load ../guest
load ../libvirt

@test "before the reboot: the best variant, and the generic VFIO driver" {
	is "$(find "$store" -type f)" ""
	driverctl set-override --best-vfio "$card1"
	driverctl set-override "$card3" vfio-pci
}

@test "before the reboot: libvirt with a domain that starts by itself, and Open vSwitch" {
	libvirt_start
	# Without its help, the domain needs the right driver.
	rm "$hook"
	domain one "$(hostdev "$card3")" >/var/tmp/one.xml
	virsh --quiet define /var/tmp/one.xml
	virsh --quiet autostart one
	cat >/etc/systemd/system/auto-libvirtd.service <<-EOF
		[Unit]
		After=network.target dbus.service
		[Service]
		ExecStart=/usr/sbin/libvirtd
		KillMode=process
		[Install]
		WantedBy=multi-user.target
	EOF
	mkdir -p /etc/systemd/system/ovs-vswitchd.service.d
	cat >/etc/systemd/system/ovs-vswitchd.service.d/test.conf <<-EOF
		[Service]
		ExecStartPre=/bin/sh -c "readlink $devices/$card3/driver >/run/at-vswitchd"
	EOF
	systemctl --quiet enable auto-libvirtd.service openvswitch-switch.service
}
