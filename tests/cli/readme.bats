#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154 # status, output and stderr are the helper's
#
# The examples of README, on devices like those that it shows.

load ../helpers/tree

setup() {
	tree_create "$BATS_TEST_TMPDIR/tree"
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:00:01.0 class=0x060400 driver=pcieport
	pci_device 0000:01:00.0 below=0000:00:01.0 class=0x030000 vendor=0x10de device=0x2204 driver=nouveau
	pci_device 0000:01:00.1 below=0000:00:01.0 class=0x040300 vendor=0x10de device=0x1aef \
		driver=snd_hda_intel
	iommu_group 14 0000:00:01.0 0000:01:00.0 0000:01:00.1
}

# shown COMMAND: what README shows below it.
shown() {
	awk -v command="# $1" '
		{ line = $0; sub(/^ +/, "", line) }
		found && (line ~ /^#/ || $0 == "") { exit }
		found { print substr($0, indent + 1) }
		line == command { found = 1; match($0, /^ */); indent = RLENGTH }' "$ROOT/README.md"
}

# as_shown ARGUMENT...: driverctl prints what README shows.
as_shown() {
	run_driverctl "$@"
	[ "$status" = 0 ]
	[ -n "$output" ]
	diff <(shown "driverctl $*") - <<<"$output"
}

@test "a GPU that shares its group: show, a dry run, the groups" {
	as_shown show 01:00.0
	as_shown --dry-run --iommu-group set-override --best-vfio 01:00.0
	as_shown list-groups gpu
}

@test "a rule for virtual functions" {
	pci_device 0000:02:00.0 driver=ixgbe
	net_interface enp1s0f0 pci 0000:02:00.0
	run_driverctl set-rule dpdk --match=vf-of=enp1s0f0 --match=vf=0-3 vfio-pci
	[ "$status" = 0 ]
	grep -qF "driverctl set-rule dpdk --match=vf-of=enp1s0f0 --match=vf=0-3 vfio-pci" "$ROOT/README.md"
	as_shown list-rules
}

@test "README is short, and names every exit code" {
	[ "$(wc -l <"$ROOT/README.md")" -le 160 ]
	local code
	for code in 0 1 2 3 4 5 6 7 8; do
		grep -q "^| $code | " "$ROOT/README.md"
	done
}
