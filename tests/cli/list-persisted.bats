#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later

load ../helpers/tree
load ../fixtures/varied

setup_file() {
	fetch_original
}

@test "nothing saved, no folder" {
	silently run_driverctl list-persisted
	rmdir "$STORE"
	silently run_driverctl list-persisted
	expect_same list-persisted
}

@test "the bus is the longest one that fits" {
	tree_bus fsl
	tree_bus fsl-mc
	put "$STORE/fsl-mc-dprc.1" vfio-fsl-mc
	put "$STORE/fsl-one" vfio-fsl
	put "$STORE/platform-reg-dummy" vfio-platform
	prints "dprc.1 vfio-fsl-mc" run_driverctl -b fsl-mc list-persisted
	prints "one vfio-fsl" run_driverctl -b fsl list-persisted
	silently run_driverctl list-persisted
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
	prints "0000:01:00.0 vfio-pci" run_driverctl list-persisted
}

@test "-v: says which device is not on its saved driver" {
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:01:00.0 driver=e1000e
	pci_device 0000:02:00.0
	pci_device 0000:03:00.0 driver=vfio-pci override=vfio-pci
	pci_device 0000:04:00.0 driver=e1000e override=vfio-pci
	pci_device 0000:05:00.0 driver=e1000e
	pci_device 0000:06:00.0
	pci_device 0000:07:00.0 driver=vfio-pci
	put "$STORE/pci-0000:01:00.0" vfio-pci
	put "$STORE/pci-0000:02:00.0" vfio-pci
	put "$STORE/pci-0000:03:00.0" vfio-pci
	put "$STORE/pci-0000:04:00.0" vfio-pci
	put "$STORE/pci-0000:05:00.0" none
	put "$STORE/pci-0000:06:00.0" none
	# The module's name, and the other of - and _, are the same driver.
	put "$STORE/pci-0000:07:00.0" vfio_pci
	put "$STORE/pci-0000:08:00.0" vfio-pci
	run_driverctl -v list-persisted
	expect 0 "\
0000:01:00.0 vfio-pci (not applied: on e1000e)
0000:02:00.0 vfio-pci (not applied: no driver bound)
0000:03:00.0 vfio-pci
0000:04:00.0 vfio-pci (not applied: on e1000e)
0000:05:00.0 none (not applied: on e1000e)
0000:06:00.0 none
0000:07:00.0 vfio_pci
0000:08:00.0 vfio-pci (not present)" ""
	run_driverctl list-persisted
	[ "$status" = 0 ]
	[[ $output != *"("* ]]
}

@test "-v: on another bus, with a driver's name that has a space" {
	bus_device platform reg-dummy driver="Other Driver"
	put "$STORE/platform-reg-dummy" "Serial Bus"
	run_driverctl -v -b platform list-persisted
	expect 0 "reg-dummy Serial Bus (not applied: on Other Driver)" ""
}

@test "-v: another device is that and nothing else, whatever it is on" {
	pci_device 0000:01:00.0
	run_driverctl --noprobe set-override 0000:01:00.0 none
	put "$(device_dir pci 0000:01:00.0)/modalias" pci:other
	bus_driver pci e1000e
	link_to "$(device_dir pci 0000:01:00.0)/driver" "$SYS/bus/pci/drivers/e1000e"
	prints "0000:01:00.0 none (set for another device)" run_driverctl -v list-persisted
	put "$TREE/etc/driverctl.conf" "[safety]" "identity = no"
	prints "0000:01:00.0 none (not applied: on e1000e)" run_driverctl -v list-persisted
}

@test "-v: what is ranked at every load is applied where it is on the best one, or the saved one" {
	module_driver vfio_pci pci vfio-pci
	module_driver mlx5_vfio_pci pci mlx5_vfio_pci
	put "$TREE/lib/modules/$(uname -r)/modules.alias" \
		"alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci"
	mkdir "$STORE/policy"
	local n driver
	for n in 1 2 3 4; do
		driver=
		case $n in
		1) driver=mlx5_vfio_pci ;;
		2) driver=vfio-pci ;;
		3) driver=mlx5_core ;;
		esac
		pci_device "0000:0$n:00.0" vendor=0x15b3 device=0x101e ${driver:+driver=$driver}
		put "$STORE/pci-0000:0$n:00.0" vfio-pci
		put "$STORE/policy/pci-0000:0$n:00.0.ini" "[override]" "driver = vfio-pci" \
			"choose = best-vfio"
	done
	run_driverctl -v list-persisted
	expect 0 "\
0000:01:00.0 vfio-pci (best-vfio: mlx5_vfio_pci)
0000:02:00.0 vfio-pci (best-vfio: mlx5_vfio_pci)
0000:03:00.0 vfio-pci (best-vfio: mlx5_vfio_pci; not applied: on mlx5_core)
0000:04:00.0 vfio-pci (best-vfio: mlx5_vfio_pci; not applied: no driver bound)" ""
}

@test "-v: driver_override is not read, which may block" {
	pci_device 0000:01:00.0 driver=e1000e
	put "$STORE/pci-0000:01:00.0" vfio-pci
	hangs 0000:01:00.0
	run_driverctl --timeout=5 -v list-persisted
	expect 0 "0000:01:00.0 vfio-pci (not applied: on e1000e)" ""
}

@test "a link that leads nowhere is no saved override" {
	ln -s /nowhere "$STORE/pci-0000:01:00.0"
	put "$STORE/pci-0000:02:00.0" none
	prints "0000:02:00.0 none" run_driverctl list-persisted
}
