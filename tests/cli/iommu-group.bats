#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154 # status and stderr are the helper's
#
# --iommu-group: a card of three functions and the port above it, which is a bridge.

load ../helpers/tree

FUNCTIONS=(0000:01:00.0 0000:01:00.1 0000:01:00.2)

setup() {
	tree_create "$BATS_TEST_TMPDIR/tree"
	pci_device 0000:00:1c.4 class=0x060400 driver=pcieport
	pci_device 0000:02:00.0 driver=e1000e
}

# group [OPTION...]: the functions, made with these options for pci_device.
group() {
	local function
	for function in "${FUNCTIONS[@]}"; do
		pci_device "$function" "$@"
	done
	iommu_group 7 0000:00:1c.4 "${FUNCTIONS[@]}"
}

attribute() { cat "$(device_dir pci "$1")/$2"; }

group_overrides() {
	local device
	for device in 0000:00:1c.4 "${FUNCTIONS[@]}"; do
		attribute "$device" driver_override
		echo
	done | xargs
}

# What was ever written to these files, in a tree where nothing reads them.
written() {
	cat "$SYS/bus/pci/drivers/$1/$2"
}

saved() { (cd "$STORE" && find . -name 'pci-*' -o -name '*.ini' | sort | xargs); }

@test "set: every function, not the bridge; each is saved" {
	group
	silently run_driverctl --iommu-group set-override 01:00.1 none
	[ "$(group_overrides)" = "(null) none none none" ]
	[ "$(cat "$STORE"/pci-0000:01:00.{0,1,2} | xargs)" = "none none none" ]
	[ ! -e "$STORE/pci-0000:00:1c.4" ]
	[ -s "$STORE/policy/pci-0000:01:00.2.ini" ]
	[ "$(attribute 0000:02:00.0 driver_override)" = "(null)" ]
}

@test "set: by the bridge's name, or with all of them named" {
	group
	silently run_driverctl --iommu-group --nosave set-override 0000:00:1c.4 none
	[ "$(group_overrides)" = "(null) none none none" ]
	[ -z "$(saved)" ]
	silently run_driverctl --iommu-group set-override "${FUNCTIONS[@]}" none
	[ "$(saved | wc -w)" = 6 ]
}

@test "set: --best-vfio, for each the best of its own" {
	module_driver mlx5_vfio_pci pci mlx5_vfio_pci
	module_driver vfio_pci pci vfio-pci
	put "$TREE/lib/modules/$(uname -r)/modules.alias" \
		"alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci" \
		"alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci"
	group driver=vfio-pci
	pci_device 0000:01:00.1 vendor=0x15b3 device=0x101e driver=mlx5_vfio_pci
	rm -r "$SYS/bus/pci/drivers/vfio-pci/0000:01:00.1"
	silently run_driverctl --iommu-group --best-vfio set-override 01:00.0
	[ "$(group_overrides)" = "(null) vfio-pci mlx5_vfio_pci vfio-pci" ]
	expect_file "$STORE/pci-0000:01:00.1" mlx5_vfio_pci
	expect_file "$STORE/pci-0000:01:00.2" vfio-pci
	grep -q "choose *= *best-vfio" "$STORE/policy/pci-0000:01:00.1.ini"
}

@test "set: one member that fails puts all back, and nothing is saved" {
	local before
	group
	# The tree's kernel does not unbind: it stays on its driver.
	pci_device 0000:01:00.1 driver=e1000e
	pci_device 0000:01:00.0 override=kept
	put "$STORE/pci-0000:01:00.2" vfio-pci
	before=$(cd "$STORE" && find . -type f -exec sha256sum '{}' + | sort)
	run_driverctl --iommu-group set-override 01:00.0 none
	[ "$status" = 5 ]
	[[ $stderr == "driverctl: 0000:01:00.1: a driver is bound again; back on 'e1000e'"*"IOMMU \
group 7 is as it was" && $stderr != *$'\n'* ]]
	[ "$(attribute 0000:01:00.0 driver_override)" = kept ]
	[[ $(attribute 0000:01:00.1 driver_override) == "" ]]
	[[ $(attribute 0000:01:00.2 driver_override) == "(null)" ]]
	diff <(echo "$before") <(cd "$STORE" && find . -type f -exec sha256sum '{}' + | sort)
}

@test "set: one member that is in use, and none is touched" {
	local function
	module_driver vfio_pci pci vfio-pci
	group driver=e1000e
	for function in "${FUNCTIONS[@]}"; do
		put "$(device_dir pci "$function")/sriov_numvfs" 4
		run_driverctl --iommu-group set-override 01:00.0 none
		expect 4 "" "driverctl: $function: in use: 4 virtual functions are enabled on it; still on \
'e1000e', nothing changed (use --force to proceed anyway); IOMMU group 7 is as it was"
		[ -z "$(written e1000e unbind)" ]
		[ "$(group_overrides)" = "(null) (null) (null) (null)" ]
		[ -z "$(saved)" ]
		put "$(device_dir pci "$function")/sriov_numvfs" 0
	done
}

@test "set: a member on an override that is its native driver, in use: none is touched" {
	group driver=e1000e
	pci_device 0000:01:00.2 driver=e1000e override=e1000e
	put "$(device_dir pci 0000:01:00.2)/sriov_numvfs" 4
	module_driver vfio_pci pci vfio-pci
	run_driverctl --iommu-group --noprobe set-override 01:00.0 vfio-pci
	[ "$status" = 4 ]
	[ -z "$(written e1000e unbind)" ]
}

@test "set: a member without driver_override" {
	group
	rm "$(device_dir pci 0000:01:00.2)/driver_override"
	run_driverctl --iommu-group set-override 01:00.0 none
	expect 1 "" "driverctl: 0000:01:00.2: the kernel offers no driver_override for it; IOMMU group 7 \
is as it was"
	[ "$(attribute 0000:01:00.0 driver_override)" = "(null)" ]
	[ -z "$(saved)" ]
}

@test "set: a store that cannot be written" {
	group
	rmdir "$STORE"
	: >"$STORE"
	run_driverctl --iommu-group set-override 01:00.0 none
	[ "$status" = 1 ]
	[[ $stderr == "driverctl: 0000:01:00.0: "* && $stderr != *$'\n'* ]]
	[[ $(group_overrides) != *none* ]]
}

@test "set: a member that the kernel is at work on: exit 6, and what was begun is put back" {
	group
	hangs 0000:01:00.2
	run_driverctl --timeout=1 --iommu-group set-override 01:00.0 none
	[ "$status" = 6 ]
	[[ $stderr == "driverctl: 0000:01:00.2: reading driver_override not finished after 1 s"* ]]
	[ "$(attribute 0000:01:00.0 driver_override)" = "(null)" ]
	[ -z "$(saved)" ]
}

@test "unset: every function" {
	group override=none
	silently run_driverctl --iommu-group set-override 01:00.0 none
	[ "$(saved | wc -w)" = 6 ]
	silently run_driverctl --iommu-group unset-override 01:00.2
	[ "$(group_overrides)" = "(null)" ]
	[ -z "$(saved)" ]
	# The last one that was probed, as each write is at the file's beginning.
	[ "$(<"$SYS/bus/pci/drivers_probe")" = 0000:01:00.2 ]
}

@test "unset: functions that are on their native driver keep it, in use or not" {
	group driver=e1000e
	put "$(device_dir pci 0000:01:00.1)/sriov_numvfs" 4
	silently run_driverctl --iommu-group unset-override 01:00.0
	[ -z "$(written e1000e unbind)" ]
}

@test "unset: one overridden member that is in use, and none is touched" {
	group driver=vfio-pci override=vfio-pci
	put "$(device_dir pci 0000:01:00.1)/sriov_numvfs" 4
	run_driverctl --iommu-group unset-override 01:00.0
	[ "$status" = 4 ]
	[ -z "$(written vfio-pci unbind)" ]
	[ "$(group_overrides)" = "(null) vfio-pci vfio-pci vfio-pci" ]
}

@test "a device in no group" {
	run_driverctl --iommu-group set-override 02:00.0 none
	expect_error 1 "driverctl: 0000:02:00.0: it is in no IOMMU group: there is no IOMMU: enable it *"
	pci_device 0000:0a:00.0
	iommu_group 3 0000:0a:00.0
	run_driverctl --iommu-group set-override 02:00.0 none
	expect 1 "" "driverctl: 0000:02:00.0: it is in no IOMMU group"
	run_driverctl --iommu-group unset-override 02:00.0
	expect 1 "" "driverctl: 0000:02:00.0: it is in no IOMMU group"
	[ "$(attribute 0000:02:00.0 driver_override)" = "(null)" ]
}

@test "a device that is not there, a group of bridges only, past both" {
	group
	iommu_group 8 0000:02:00.0
	pci_device 0000:00:1d.0 class=0x060400
	iommu_group 9 0000:00:1d.0
	run_driverctl --iommu-group set-override 99:00.0 0000:00:1d.0 01:00.0 none
	[ "$status" = 3 ]
	[ "$stderr" = "driverctl: 0000:99:00.0: no such device
driverctl: 0000:00:1d.0: IOMMU group 9 has no device to give away" ]
	[ "$(group_overrides)" = "(null) none none none" ]
	put "$STORE/pci-0000:99:00.0" none
	run_driverctl --iommu-group unset-override 99:00.0
	expect 3 "" "driverctl: 0000:99:00.0: no such device"
	expect_file "$STORE/pci-0000:99:00.0" none
}

# --- a group that is not viable ---

# On a VFIO driver already, as the tree's kernel binds nothing.
vfio_function() {
	module_driver vfio_pci pci vfio-pci
	pci_device "$1" driver=vfio-pci "${@:2}"
	mkdir -p "$(device_dir pci "$1")/vfio-dev/vfio0"
}

@test "not viable: said with -v, never without" {
	group driver=e1000e
	vfio_function 0000:01:00.0
	silently run_driverctl set-override 01:00.0 vfio-pci
	run_driverctl -v set-override 01:00.0 vfio-pci
	[ "$status" = 0 ]
	[ "$(grep viable <<<"$stderr")" = "driverctl: 0000:01:00.0: IOMMU group 7 is not viable: \
0000:01:00.1 is on e1000e (--iommu-group takes all of it)" ]
}

@test "viable: nothing is said of it" {
	group
	vfio_function 0000:01:00.0
	run_driverctl -v set-override 01:00.0 vfio-pci
	[ "$status" = 0 ]
	[[ $stderr != *viable* ]]
	# Nor where the device is on no VFIO driver itself.
	pci_device 0000:01:00.1 driver=e1000e
	run_driverctl -v set-override 01:00.2 none
	[ "$status" = 0 ]
	[[ $stderr != *viable* ]]
}

@test "an ISA bridge with a driver is in the way, as it is for the kernel" {
	pci_device 0000:00:1f.0 class=0x060100 driver=lpc_ich
	vfio_function 0000:00:1f.3
	iommu_group 9 0000:00:1f.0 0000:00:1f.3
	run_driverctl -v set-override 00:1f.3 vfio-pci
	[ "$status" = 0 ]
	[[ $stderr == *"not viable: 0000:00:1f.0 is on lpc_ich"* ]]
}

@test "a bridge on pcieport leaves the group viable, one on another driver does not" {
	vfio_function 0000:01:00.0
	iommu_group 7 0000:00:1c.4 0000:01:00.0
	run_driverctl show 01:00.0
	[[ $output == *"IOMMU group  7; viable"* ]]
	pci_device 0000:00:1c.4 class=0x060400 driver=shpchp
	iommu_group 7 0000:00:1c.4 0000:01:00.0
	run_driverctl show 01:00.0
	[[ $output == *"IOMMU group  7; not viable: 0000:00:1c.4 is on shpchp"* ]]
}

@test "a host bridge is not assigned with its group" {
	pci_device 0000:00:00.0 class=0x060000
	pci_device 0000:01:00.0
	iommu_group 7 0000:00:00.0 0000:01:00.0
	silently run_driverctl --iommu-group set-override 01:00.0 none
	[ "$(saved)" = "./pci-0000:01:00.0 ./policy/pci-0000:01:00.0.ini" ]
}
