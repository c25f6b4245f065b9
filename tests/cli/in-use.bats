#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2154 # inner shells; status and stderr are the helper's
#
# A device in use keeps its driver: mediated devices refuse any change. Open nodes are in
# open-nodes.bats, networks in network.bats. Disks need a kernel, and are tested in tests/vm.

load ../helpers/tree
load ../helpers/json

setup() {
	tree_create "$BATS_TEST_TMPDIR/tree"
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:01:00.0 driver=e1000e
	put "$STORE/pci-0000:01:00.0" vfio-pci
}

dir_of() { device_dir pci "$1"; }

# with_route COMMAND ARGUMENT...: run driverctl after COMMAND, in a network namespace that has only lo.
with_route() {
	run_in_tree bash -c 'ip link set lo up && eval "$1" && shift && exec "$@"' - "$1" "$DRIVERCTL" \
		"${@:2}"
}

IPV4='ip -4 route add default dev lo'

expect_untouched() {
	[ "$(cat "$(dir_of 0000:01:00.0)/driver_override")" = "(null)" ]
	[ ! -s "$SYS/bus/pci/drivers/e1000e/unbind" ]
}

@test "all uses are shown, and the one that says most is named" {
	char_device 0000:01:00.0 drm/card0 1:7
	char_device 0000:01:00.0 drm/renderD128 1:5
	put "$(dir_of 0000:01:00.0)/sriov_numvfs" 2
	net_interface lo pci 0000:01:00.0
	local route="$IPV4 && exec 7</dev/full 8</dev/zero 9</dev/full"
	with_route "$route" set-override 01:00.0 vfio-pci
	expect_error 4 "driverctl: 0000:01:00.0: in use: /dev/full is open in driverctl (pid *) (and \
3 more uses); still on 'e1000e', nothing changed (use --force to proceed anyway)"
	expect_untouched
	with_route "$route" show 01:00.0
	[[ $output == *"
  in use       /dev/full is open in driverctl (pid "*")
               /dev/zero is open in driverctl (pid "*")
               2 virtual functions are enabled on it
               lo carries the default route"* ]]
	with_route "$route" --json show 01:00.0
	validate show.schema.json "$BATS_TEST_TMPDIR/stdout"
	[ "$(value '[use["kind"] for use in x[0]["in_use"]["uses"]]')" = \
		'["process", "process", "virtual-functions", "default-route"]' ]
	[ "$(value '[use["by"] for use in x[0]["in_use"]["uses"]]')" = \
		'["driverctl", "driverctl", "2", null]' ]
}

@test "the device is not changed if its use cannot be checked" {
	mkdir -p "$SYS/class"
	: >"$SYS/class/block"
	run_driverctl set-override 01:00.0 vfio-pci
	expect 1 "" "driverctl: 0000:01:00.0: cannot check its use: Not a directory; \
still on 'e1000e', nothing changed"
	expect_untouched
}

@test "a parent of mediated devices, while it has any: refused by hand and at boot" {
	local command
	mkdir -p "$(dir_of 0000:01:00.0)/mdev_supported_types/one"
	run_driverctl show 01:00.0
	[[ $output == *"  in use       no" ]]
	mkdir -p "$(dir_of 0000:01:00.0)/9b1d4c1e-0000-4000-8000-000000000001"
	link_to "$(dir_of 0000:01:00.0)/9b1d4c1e-0000-4000-8000-000000000001/mdev_type" \
		"$(dir_of 0000:01:00.0)/mdev_supported_types/one"
	for command in "set-override 01:00.0 vfio-pci" "load-override 01:00.0"; do
		# shellcheck disable=SC2086 # words
		run_driverctl $command
		expect 4 "" "driverctl: 0000:01:00.0: in use: 1 mediated device is active on it; still on \
'e1000e', nothing changed (use --force to proceed anyway)"
		expect_untouched
	done
}

@test "if the processes cannot be looked at, the device is not changed" {
	char_device 0000:01:00.0 drm/card0 1:7
	run_faulty open:error=EMFILE /proc -- set-override 01:00.0 vfio-pci
	expect 1 "" "driverctl: 0000:01:00.0: cannot check its use: Too many open files; \
still on 'e1000e', nothing changed"
	own_proc
	run_in_tree bash -c "$IN_PROC" "$TREE" "$DRIVERCTL" set-override 01:00.0 vfio-pci
	expect 1 "" "driverctl: 0000:01:00.0: cannot check its use: No such file or directory; \
still on 'e1000e', nothing changed"
	expect_untouched
}
