#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# A boot with an initramfs of dracut that has the saved overrides.

load ../guest
load ../libvirt

@test "the native driver never touched the overridden cards, and took those without an override" {
	at_rest
	has "$(dmesg | head -n 1)" "Linux version" # the log is complete
	is "$(native_lines "$card1" e1000e)" 0
	is "$(native_lines "$card3" e1000e)" 0
	# The best variant is bound again.
	best=$(<"$store/pci-$card1")
	has "$best" variant
	is "$(at_basic "$card1")" "$best"
	is "$(at_basic "$card3")" vfio-pci
	is "$(binds "$card1" "$best") $(binds "$card3" vfio-pci)" "1 1"
	overridden "$card1" "$best"
	overridden "$card3" vfio-pci
	untouched "$card2" e1000e
	untouched "$card4" e1000e
	has "$(dmesg)" "e1000e $card2"
	echo "# lines of e1000e: overridden $(native_lines "$card1" e1000e), \
not overridden $(native_lines "$card2" e1000e)" >&3
}

@test "it was dracut's initramfs, with the early unit, the program and the saved overrides" {
	# There, and on the real root, where it was started again.
	journalctl -b -o short-monotonic | grep -F "devices that have no driver yet" >&3 || :
	systemctl show -p UserspaceTimestampMonotonic -p InitRDTimestampMonotonic >&3
	is "$(journalctl -b -o cat | grep -cE "^Finished.*devices that have no driver yet")" 2
	[ "$(systemctl show -P ExecMainStartTimestampMonotonic driverctl-early.service)" -gt \
		"$(systemctl show -P UserspaceTimestampMonotonic)" ]
	is "$(grep -oE '[^ ]+/driverctl[^ ]*$' /boot/dracut.list | sort)" \
		"../driverctl-early.service
etc/driverctl.d
etc/driverctl.d/image
etc/driverctl.d/pci-$card1
etc/driverctl.d/pci-$card3
etc/driverctl.d/policy
etc/driverctl.d/policy/pci-$card1.ini
etc/driverctl.d/policy/pci-$card3.ini
usr/lib/systemd/system/driverctl-early.service
usr/sbin/driverctl"
}

@test "a rule in a credential was in effect at basic.target" {
	is "$(at_basic "$edu")" vfio-pci
	is "$(state "$edu")" "vfio-pci vfio-pci (none)"
	has "$(driverctl list-rules)" "50-edu vfio-pci"
}

@test "no unit failed, and the initramfs is not older than the store" {
	is "$(failed_units)" ""
	silently driverctl check
	[ -e /run/driverctl/image ]
	overridden "$card3" vfio-pci
}

@test "a domain that starts with the host, and Open vSwitch, found the right driver" {
	is "$(basename "$(cat /run/at-vswitchd)")" vfio-pci
	systemctl is-active --quiet ovs-vswitchd.service
	wait_for 60 test -e "$domains/one.pid"
	# shellcheck disable=SC2034 # has_open needs it
	pid=$(<"$domains/one.pid")
	wait_for 30 has_open "$card3"
	is "$(virsh domstate one | head -n 1)" running
	virsh --quiet destroy one
	systemctl --quiet disable --now auto-libvirtd.service openvswitch-switch.service
	rm -r /etc/systemd/system/ovs-vswitchd.service.d
}

# The root disk's card is to be taken away from its driver.
@test "before the reboot: an override of the root disk's card" {
	driverctl unset-override "$card1" "$card3"
	driverctl set-override "$card2" vfio-pci
	echo vfio-pci >"$store/pci-$root_card"
}
