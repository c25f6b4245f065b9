#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # inner shells; status and stderr are the helper's

load ../helpers/tree
load ../fixtures/varied

setup_file() {
	fetch_original
}

@test "name and driver of every saved override, devices or not" {
	pci_device 0000:01:00.0 driver=vfio-pci override=vfio-pci
	put "$STORE/pci-0000:01:00.0" vfio-pci
	put "$STORE/pci-0000:02:00.0" none
	put "$STORE/pci-10000:e1:00.0" mlx5_vfio_pci
	run_driverctl list-persisted
	expect 0 "0000:01:00.0 vfio-pci
0000:02:00.0 none
10000:e1:00.0 mlx5_vfio_pci" ""
}

@test "-v: says which device is not present, and which is another one now" {
	pci_device 0000:01:00.0
	pci_device 0000:01:00.1 driver=e1000e
	run_driverctl set-override --noprobe 0000:01:00.0 none
	[ "$status" = 0 ]
	put "$(device_dir pci 0000:01:00.0)/modalias" \
		pci:v000010DEd00001B06sv00001462sd00003609bc03sc00i00
	put "$STORE/pci-0000:01:00.1" e1000e
	put "$STORE/pci-0000:02:00.0" vfio-pci
	run_driverctl -v list-persisted
	[ "$status" = 0 ]
	local lines
	mapfile -t lines <<<"$output"
	[[ ${lines[0]} == "0000:01:00.0 none ("*")" && ${lines[0]} != *"not present"* ]]
	[ "${lines[1]}" = "0000:01:00.1 e1000e" ]
	[ "${lines[2]}" = "0000:02:00.0 vfio-pci (not present)" ]
	[ "${#lines[@]}" = 3 ]
}

@test "nothing saved, no folder" {
	run_driverctl list-persisted
	expect 0 "" ""
	rmdir "$STORE"
	run_driverctl list-persisted
	expect 0 "" ""
	expect_same list-persisted
}

@test "the bus is the longest one that fits" {
	tree_bus fsl
	tree_bus fsl-mc
	put "$STORE/fsl-mc-dprc.1" vfio-fsl-mc
	put "$STORE/fsl-one" vfio-fsl
	put "$STORE/platform-reg-dummy" vfio-platform
	run_driverctl -b fsl-mc list-persisted
	expect 0 "dprc.1 vfio-fsl-mc" ""
	run_driverctl -b fsl list-persisted
	expect 0 "one vfio-fsl" ""
	run_driverctl list-persisted
	expect 0 "" ""
}

@test "the same as the original" {
	varied_devices
	put "$STORE/pci-0000:01:00.1" vfio-pci
	put "$STORE/pci-0000:02:00.0" none
	put "$STORE/platform-reg-dummy" reg-dummy
	put "$STORE/vmbus-1de51a9d-aeb9-4b3c-9a48-5b8a1e5e1d4e" uio_hv_generic
	put "$STORE/README" "overrides are kept here"
	mkdir "$STORE/pci-folder" "$STORE/policy"
	put "$STORE/.pci-0000:01:00.1.new" vfio-pci
	expect_same list-persisted
	expect_same -b platform list-persisted
	expect_same -b vmbus list-persisted
	expect_same -b fsl-mc list-persisted
}

@test "a file without its last newline is read" {
	printf vfio-pci >"$STORE/pci-0000:01:00.0"
	run_driverctl list-persisted
	expect 0 "0000:01:00.0 vfio-pci" ""
}

@test "a bad file is left out and named, the rest is printed" {
	put "$STORE/pci-0000:01:00.0" vfio-pci
	put "$STORE/pci-0000:02:00.0" "../../evil"
	put "$STORE/pci-0000:03:00.0" none
	: >"$STORE/pci-0000:04:00.0"
	run_driverctl list-persisted
	expect 1 "0000:01:00.0 vfio-pci
0000:03:00.0 none" \
"driverctl: 0000:02:00.0: /etc/driverctl.d/pci-0000:02:00.0: not a driver name
driverctl: 0000:04:00.0: /etc/driverctl.d/pci-0000:04:00.0: not a driver name"
}

@test "-v: identity = no, and no override is one for another device" {
	pci_device 0000:01:00.0
	run_driverctl --noprobe set-override 0000:01:00.0 none
	put "$(device_dir pci 0000:01:00.0)/modalias" pci:other
	run_driverctl -v list-persisted
	expect 0 "0000:01:00.0 none (set for another device)" ""
	put "$TREE/etc/driverctl.conf" "[safety]" "identity = no"
	run_driverctl -v list-persisted
	expect 0 "0000:01:00.0 none" ""
}
