#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# guest: bookworm
# What fails or is refused: the device stays as it was, and driverctl says why. (In use: see 60-disks on.)

load ../guest

teardown() { all_native; }

@test "an unknown driver: the device is not touched, by set-override or load-override" {
	dev=$card1
	before=$(ifindex_of "$dev")
	fails 7 "$dev: no driver or module 'nosuchdriver'; still on 'e1000e', nothing changed" \
		driverctl set-override "$dev" nosuchdriver
	untouched "$dev" e1000e
	echo nosuchdriver >"$store/pci-$dev"
	fails 7 nosuchdriver driverctl load-override "$dev"
	is "$(state "$dev")" "e1000e (none) nosuchdriver"
	is "$(ifindex_of "$dev")" "$before"
}

@test "a driver that refuses the device: the previous driver, override and file are restored" {
	dev=$card1
	fails 5 "$dev: driver 'dctl-refuse' refused the device: " \
		driverctl set-override "$dev" dctl_refuse
	has "$stderr" "Input/output error; back on 'e1000e', store unchanged"
	untouched "$dev" e1000e
	is "$(find "$store" -type f)" ""
	driverctl set-override "$dev" vfio-pci
	fails 5 "back on 'vfio-pci'" driverctl set-override "$dev" dctl-refuse
	overridden "$dev" vfio-pci
	native "$dev"
	silently driverctl load-override "$dev"
	overridden "$dev" vfio-pci
}

@test "a module with two drivers: the error names both, each can be set by its name" {
	dev=$card1
	fails 1 "dctl-first" driverctl set-override "$dev" dctl_two
	has "$stderr" "dctl-second"
	untouched "$dev" e1000e
	silently driverctl set-override "$dev" dctl-second
	overridden "$dev" dctl-second
}

@test "another device at the address, or the device at another place: refused until it is set again" {
	dev=$card1
	driverctl set-override "$dev" vfio-pci
	native "$dev"
	sed -i 's/v00008086d000010D3/v00008086d000010D4/' "$store/policy/pci-$dev.ini"
	before=$(ifindex_of "$dev")
	fails 4 "$dev: not the device the override was set for" driverctl load-override "$dev"
	is "$(state "$dev")" "e1000e (none) vfio-pci"
	is "$(ifindex_of "$dev")" "$before"
	silently driverctl set-override "$dev" vfio-pci
	native "$dev"
	silently driverctl load-override "$dev"
	overridden "$dev" vfio-pci

	# The same device at another place
	native "$dev"
	sed -i 's/^\(path *=.*\)\/00\.0/\1\/01.0/' "$store/policy/pci-$dev.ini"
	fails 4 "$dev: not the device the override was set for" driverctl load-override "$dev"
	is "$(state "$dev")" "e1000e (none) vfio-pci"
}

@test "load-override: nothing is saved, or the driver refuses and the override stays without a driver" {
	dev=$card1
	fails 1 "$dev: no saved override" driverctl load-override "$dev"
	untouched "$dev" e1000e
	echo dctl-refuse >"$store/pci-$dev"
	fails 5 dctl-refuse driverctl load-override "$dev"
	is "$(state "$dev")" "(none) dctl-refuse dctl-refuse"
}

@test "the NVMe card while it is not in use" {
	dev=$nvme
	silently driverctl set-override "$dev" vfio-pci
	overridden "$dev" vfio-pci
	silently driverctl unset-override "$dev"
	untouched "$dev" nvme
	wait_for 10 test -b /dev/nvme0n1
}
