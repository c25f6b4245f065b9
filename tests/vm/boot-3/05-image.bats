#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# A boot with an initramfs of initramfs-tools that has the saved overrides, and some that were removed
# later.

load ../guest

@test "the native driver never touched the overridden cards, and took the one without an override" {
	at_rest
	has "$(dmesg | head -n 1)" "Linux version" # the log is complete
	is "$(native_lines "$card1" e1000e)" 0
	is "$(native_lines "$card3" e1000e)" 0
	is "$(at_basic "$card1")" e1000e-better-variant
	is "$(at_basic "$card3")" vfio-pci
	is "$(binds "$card1" e1000e-better-variant) $(binds "$card3" vfio-pci)" "1 1"
	overridden "$card3" vfio-pci
	untouched "$card2" e1000e
	has "$(dmesg)" "e1000e $card2"
	echo "# lines of e1000e: overridden $(native_lines "$card3" e1000e), \
not overridden $(native_lines "$card2" e1000e)" >&3
}

@test "the initramfs has the program and what it needs, nothing else" {
	added=$(comm -13 <(sort /boot/initrd.list) <(sort /boot/initramfs-tools.list))
	is "$(grep -v "^usr/lib/.*/lib.*\.so\." <<<"$added")" "$(
		{
			printf '%s\n' etc/driverctl.d etc/driverctl.d/image scripts/init-top/driverctl \
				usr/sbin/driverctl
			cd /var/tmp && find driverctl.d -mindepth 1 | sed 's|^|etc/|'
		} | sort
	)"
}

@test "only the three units that had to fail failed, and list-persisted -v says it" {
	is "$(failed_units)" "driverctl@pci-${group[0]}.service driverctl@pci-${group[1]}.service \
driverctl@pci-$card4.service"
	# An unknown driver, a driver that refuses, another device at the address
	is "$(state "$card4")" "e1000e (none) nosuchdriver"
	is "$(state "${group[0]}")" "(none) dctl-refuse dctl-refuse"
	is "$(state "${group[1]}")" "virtio-pci (none) vfio-pci"
	run -0 driverctl -v list-persisted
	has "$output" "0000:99:00.0 vfio-pci (not present)"
	has "$output" "$card4 nosuchdriver (not applied: on e1000e)"
	has "$output" "${group[0]} dctl-refuse (not applied: no driver bound)"
	has "$output" "${group[1]} vfio-pci (set for another device)"
}

@test "the log says once that the initramfs is older, and so do show and check" {
	word="the initramfs is older than the store; 'update-initramfs -u' rebuilds it"
	is "$(journalctl -b -o cat -t driverctl | grep -c "^$word\$")" 1
	has "$(driverctl show "$card2")" "${word#the initramfs is }"
	capture driverctl check
	is "$status" 1
	has "$output" "$word"
	silently driverctl check "$card2"
}

@test "overrides that were removed later are taken back: the native drivers have the devices" {
	untouched "$nvme" nvme
	untouched "$smbus" i801_smbus
	untouched "$data_card" virtio-pci
	untouched "${group[2]}" virtio-pci
}
