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
	silently run_driverctl check
	silently run_driverctl check 01:00.0 02:00.0
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
	silently run_driverctl check 03:00.1
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
		silently run_driverctl check
	done
	pci_device 0000:01:00.0 driver=e1000e
	run_driverctl check
	[ "$status" = 1 ]
}

@test "list-groups: without an IOMMU, what to do" {
	pci_device 0000:01:00.0
	run_driverctl list-groups
	expect_error 1 "driverctl: there is no IOMMU: enable it *"
}
