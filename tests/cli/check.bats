#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154 # status, output and stderr are the helper's
#
# check, and list-groups.

load ../helpers/tree
load ../helpers/json

# on DRIVER DEVICE: a device that is on it by its override
on() { pci_device "$2" driver="$1" override="$1"; }

@test "check: everything is in effect" {
	module_driver vfio_pci pci vfio-pci
	on vfio-pci 0000:01:00.0
	pci_device 0000:02:00.0 override=none
	put "$STORE/pci-0000:01:00.0" vfio-pci
	put "$STORE/pci-0000:02:00.0" none
	put "$STORE/pci-0000:09:00.0" vfio-pci
	run_driverctl check
	expect 0 "" ""
	run_driverctl check 01:00.0 02:00.0
	expect 0 "" ""
	run_driverctl --json check
	[ "$status:$(in_one_line <<<"$output"):$stderr" = "0:[]:" ]
	without_root "$DRIVERCTL" check
	expect 0 "" ""
}

@test "check: each kind of fault, exit 1" {
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:01:00.0 driver=e1000e
	pci_device 0000:02:00.0 override=vfio-pci
	on vfio-pci 0000:03:00.0
	pci_device 0000:03:00.1 driver=snd_hda_intel
	iommu_group 7 0000:03:00.0 0000:03:00.1
	pci_device 0000:04:00.0
	pci_device 0000:05:00.0
	local name
	for name in 01 02 03 04; do
		put "$STORE/pci-0000:$name:00.0" vfio-pci
	done
	put "$STORE/pci-0000:05:00.0" "two words" "and lines"
	mkdir "$STORE/policy"
	put "$STORE/policy/pci-0000:04:00.0.ini" "[override]" "driver = vfio-pci" "modalias = pci:other"
	run_driverctl check
	expect 1 "0000:01:00.0: on 'e1000e', not on 'vfio-pci'
0000:02:00.0: without a driver, not on 'vfio-pci'
0000:03:00.0: IOMMU group 7 is not viable: 0000:03:00.1 is on 'snd_hda_intel'
0000:04:00.0: not the device that the override was set for; set it again to approve it
0000:05:00.0: what is saved is not the name of a driver" ""
	run_driverctl check 03:00.1
	expect 0 "" ""
	run_driverctl check 01:00.0 09:00.0
	expect 3 "0000:01:00.0: on 'e1000e', not on 'vfio-pci'" "driverctl: 0000:09:00.0: no such device"
	run_driverctl --json check
	[ "$status" = 1 ]
	validate check.schema.json "$BATS_TEST_TMPDIR/stdout"
	[ "$(value '" ".join(x["code"] for x in x)')" = \
		'"other-driver no-driver group-not-viable other-device bad-store"' ]
	[ "$(value 'x[0]["wanted_driver"]')" = '"vfio-pci"' ]
}

@test "check: a rule and a kernel option with an error, a bus that does not exist" {
	mkdir -p "$STORE/rules"
	put "$STORE/rules/x.rule" "[match]" "nokey = 1"
	kernel_line driverctl.override=nonsense
	run_driverctl check
	[ "$status" = 1 ]
	[ -z "$stderr" ]
	[[ $output == *"/etc/driverctl.d/rules/x.rule:2: "* ]]
	[[ $output == *"driverctl.override=nonsense on the kernel command line: "* ]]
	run_driverctl --json check
	validate check.schema.json "$BATS_TEST_TMPDIR/stdout"
	[ "$(value 'sorted(x["code"] for x in x)')" = '["bad-kernel-option", "bad-rule"]' ]
	run_driverctl -b nosuch check
	expect_error 1 "driverctl: no such bus: nosuch"
}

@test "check: what a rule wants" {
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:01:00.0 driver=e1000e
	mkdir -p "$STORE/rules"
	put "$STORE/rules/20-dpdk.rule" "[match]" "name = 0000:01:00.0" "[override]" "driver = vfio-pci"
	run_driverctl check
	expect 1 "0000:01:00.0: on 'e1000e', not on 'vfio-pci' (rule 20-dpdk)" ""
}

@test "check: a ranked override is in effect on the best driver, and on the saved one" {
	put "$TREE/lib/modules/$(uname -r)/modules.alias" \
		"alias vfio_pci:v00008086d*sv*sd*bc*sc*i* e1000e_vfio_pci" "alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci"
	module_driver vfio_pci pci vfio-pci
	module_driver e1000e_vfio_pci pci e1000e-vfio-pci
	local driver
	mkdir "$STORE/policy"
	put "$STORE/pci-0000:01:00.0" vfio-pci
	put "$STORE/policy/pci-0000:01:00.0.ini" "[override]" "driver = vfio-pci" "choose = best-vfio"
	for driver in vfio-pci e1000e-vfio-pci; do
		pci_device 0000:01:00.0 driver="$driver"
		run_driverctl check
		expect 0 "" ""
	done
	pci_device 0000:01:00.0 driver=e1000e
	run_driverctl check
	[ "$status" = 1 ]
}

@test "list-groups: a tree, with what is in the way" {
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:00:1c.4 class=0x060400 driver=pcieport
	pci_device 0000:01:00.0 class=0x030000 driver=nouveau
	pci_device 0000:01:00.1 class=0x040300 driver=snd_hda_intel model="Audio card"
	pci_device 0000:02:00.0 driver=vfio-pci
	pci_device 0000:00:1c.5 class=0x060400 driver=shpchp
	pci_device 0000:03:00.0
	iommu_group 2 0000:00:1c.4 0000:01:00.0 0000:01:00.1
	iommu_group 10 0000:02:00.0
	iommu_group 9 0000:00:1c.5 0000:03:00.0
	run_driverctl list-groups
	expect 0 "2
  0000:00:1c.4 pcieport
  0000:01:00.0 nouveau
  0000:01:00.1 snd_hda_intel
9 (not viable)
  0000:00:1c.5 shpchp
  0000:03:00.0 (none)
10
  0000:02:00.0 vfio-pci" ""
	run_driverctl list-groups gpu
	expect 0 "2
  0000:00:1c.4 pcieport
  0000:01:00.0 nouveau
  0000:01:00.1 snd_hda_intel" ""
	put "$(device_dir pci 0000:01:00.0)/sriov_numvfs" 1
	run_driverctl -v list-groups audio
	expect 0 "2
  0000:00:1c.4 pcieport ()
  0000:01:00.0 nouveau (), best VFIO: vfio_pci, in use: 1 virtual function is enabled on it
  0000:01:00.1 snd_hda_intel (Audio card), best VFIO: vfio_pci" ""
	run_driverctl --json list-groups
	[ "$status" = 0 ]
	validate list-groups.schema.json "$BATS_TEST_TMPDIR/stdout"
	[ "$(value '[x["id"] for x in x]')" = '["2", "9", "10"]' ]
	[ "$(value 'x[1]["viable"]')" = false ]
	[ "$(value '[x[0]["devices"][1]["in_use"][k] for k in ("kind", "by")]')" = '["virtual-functions", "1"]' ]
	# The groups that have a device of the bus.
	tree_bus platform
	run_driverctl -b platform list-groups
	expect 0 "" ""
	run_driverctl -b nosuch list-groups
	expect 1 "" "driverctl: no such bus: nosuch"
	run_driverctl list-groups nosuchclass
	expect_error 2 "driverctl: device type must be one of: *"
}

@test "list-groups: without an IOMMU, what to do" {
	pci_device 0000:01:00.0
	run_driverctl list-groups
	expect_error 1 "driverctl: there is no IOMMU: enable it *"
}
