#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Leaves the overrides behind that the next boot looks for. No teardown.

load ../guest

@test "before the reboot: overrides that will be applied, and that will fail" {
	driverctl set-override "$card1" vfio-pci
	driverctl set-override "$net_card" none
	driverctl set-override "$smbus" i2c_i801
	driverctl -b platform set-override "$dummy" none
	# As the shell driverctl writes it
	echo vfio-pci >"$store/pci-$card2"
	# A driver that does not exist, and one that refuses
	echo nosuchdriver >"$store/pci-${group[0]}"
	echo dctl-refuse >"$store/pci-${group[1]}"
	# Another device at the address
	dev=${group[2]}
	driverctl set-override "$dev" vfio-pci
	sed -i 's/v00001AF4d00001044/v00001AF4d00001045/' "$store/policy/pci-$dev.ini"
	# A driver that takes longer than the boot waits for it
	echo "options dctl_slow seconds=20" >/etc/modprobe.d/test-slow.conf
	echo dctl-slow >"$store/pci-$card3"
	# Devices that are not there
	echo vfio-pci >"$store/pci-0000:99:00.0"
	for ((i = 0; i < 500; i++)); do
		printf -v name 'pci-aaaa:%02x:%02x.0' $((i / 32)) $((i % 32))
		echo vfio-pci >"$store/$name"
	done
	# How long this boot took without overrides
	systemctl show -P ActiveEnterTimestampMonotonic multi-user.target >/var/tmp/boot-time
}
