#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # inner shells; status and stderr are the helper's

load ../helpers/tree

setup() {
	tree_create "$BATS_TEST_TMPDIR/tree"
	pci_device 0000:01:00.0 driver=e1000e
	pci_device 0000:01:00.1 driver=vfio-pci override=vfio-pci
	bus_device platform reg-dummy driver=reg-dummy
	put "$STORE/pci-0000:02:00.0" none
}

# completed LINE [WORDBREAKS]: what bash would offer at its end, one a line, sorted.
completed() {
	run_in_tree env "PATH=$(dirname "$DRIVERCTL"):$PATH" bash -c '. "$1"; COMP_LINE=$2
		COMP_POINT=${#COMP_LINE} COMP_WORDBREAKS=$3
		_driverctl && printf "%s\n" "${COMPREPLY[@]}" | sort' - \
		"$ROOT/completions/driverctl.bash" "$1" "${2- }"
}

@test "commands and options" {
	completed "driverctl "
	expect 0 "best-vfio
export-store
list-devices
list-overrides
list-persisted
load-override
set-override
unset-override" ""
	completed "driverctl list-d"
	expect 0 "list-devices" ""
	completed "driverctl --no"
	expect 0 "--noprobe
--nosave" ""
	completed "driverctl -v list-p"
	expect 0 "list-persisted" ""
}

@test "devices" {
	completed "driverctl set-override 0000"
	expect 0 "0000:01:00.0
0000:01:00.1" ""
	completed "driverctl unset-override "
	expect 0 "0000:01:00.1
0000:02:00.0" ""
	completed "driverctl -b platform set-override "
	expect 0 "reg-dummy" ""
	completed "driverctl --bus=platform load-override r"
	expect 0 "reg-dummy" ""
}

@test "devices where a word ends at every colon" {
	completed "driverctl set-override 0000:01:00" " :="
	expect 0 "00.0
00.1" ""
}

@test "drivers, classes and buses" {
	completed "driverctl set-override 0000:01:00.0 vf"
	expect 0 "vfio-pci" ""
	completed "driverctl set-override 0000:01:00.0 no"
	expect 0 "none" ""
	completed "driverctl list-overrides ne"
	expect 0 "network" ""
	completed "driverctl -b p"
	expect 0 "pci
platform" ""
}

@test "--all and --early, with load-override only" {
	local line
	for line in "driverctl --" "driverctl load-override --" \
		"driverctl -b pci load-override 01:00.0 --"; do
		completed "$line"
		[ "$(grep -xE -- '--(all|early)' <<<"$output")" = "--all
--early" ]
	done
	for line in "driverctl set-override --" "driverctl list-persisted --" \
		"driverctl export-store --"; do
		completed "$line"
		[ "$status" = 0 ]
		[[ $output == *--force* && $output != *--all* && $output != *--early* ]]
	done
	completed "driverctl load-override --all 0000"
	expect 0 "" ""
	completed "driverctl load-override 0000"
	expect 0 "0000:01:00.0
0000:01:00.1" ""
}

@test "folders, for export-store" {
	mkdir -p "$TREE/run/image" "$TREE/run/image two"
	put "$TREE/run/imagefile" text
	completed "driverctl export-store /run/ima"
	expect 0 "/run/image
/run/image two" ""
	completed "driverctl -v export-store /run/nosuch"
	expect 0 "" ""
	completed "driverctl export-store /run/image /run/ima"
	expect 0 "" ""
	completed "driverctl load-override /run/ima"
	expect 0 "" ""
}

@test "nothing to offer" {
	completed "driverctl list-persisted "
	expect 0 "" ""
	completed "driverctl set-override nosuch"
	expect 0 "" ""
	completed "driverctl -b ../.. set-override "
	expect 0 "" ""
}
