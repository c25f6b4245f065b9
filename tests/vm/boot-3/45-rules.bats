#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# guest: bookworm
# Rules on a running host: virtual functions, hotplug, a disk in use.

load ../guest

teardown()
{
	echo 0 >"$devices/$nvme/sriov_numvfs"
	all_native
	rm -rf /run/driverctl/journal /usr/lib/driverctl.d
	driverctl load-override --all
}

# function_is NUMBER DRIVER OVERRIDE
function_is()
{
	local dev

	dev=$(basename "$(realpath "$devices/$nvme/virtfn$1")") || return
	[[ $(state "$dev") == "$2 $3 "* ]] || {
		echo "# $1: $(state "$dev")" >&2
		return 1
	}
}

functions_are_right()
{
	local i dev

	for i in 0 1 3; do function_is "$i" vfio-pci vfio-pci || return; done
	function_is 2 e1000e-variant e1000e-variant || return
	for i in 4 5 6 7; do
		dev=$(basename "$(realpath "$devices/$nvme/virtfn$i")") || return
		[[ $(state "$dev") == *" (none) (none)" ]] || return
		! driver_is "$dev" vfio-pci || return
	done
}

@test "virtual functions 0 to 3 follow the rule, one of them its own saved override, at every creation" {
	place=$(place_of "$nvme")
	silently driverctl set-rule 10-functions "--match=vf-of=$place" --match=vf=0-3 vfio-pci
	echo 8 >"$devices/$nvme/sriov_numvfs"
	wait_for 60 function_is 3 vfio-pci vfio-pci
	at_rest
	own=$(basename "$(realpath "$devices/$nvme/virtfn2")")
	driverctl set-override "$own" dctl_card_vfio
	functions_are_right
	is "$(failed_units)" ""

	echo 0 >"$devices/$nvme/sriov_numvfs"
	at_rest
	echo 8 >"$devices/$nvme/sriov_numvfs"
	wait_for 60 functions_are_right
	at_rest
	functions_are_right
	is "$(failed_units)" ""

	# The rule decides some of the functions, and not the one that has its own.
	is "$(driverctl --json list-rules | python3 -c 'import json, sys
print(sum(len(rule["devices"]) for rule in json.load(sys.stdin)))')" 3
	run -0 driverctl show "$(basename "$(realpath "$devices/$nvme/virtfn0")")"
	has "$output" "wanted       vfio-pci, by rule 10-functions"

	silently driverctl unset-rule 10-functions
	function_is 2 e1000e-variant e1000e-variant
	for i in 0 1 3; do
		dev=$(basename "$(realpath "$devices/$nvme/virtfn$i")")
		[[ $(state "$dev") == *" (none) (none)" ]]
		run ! driver_is "$dev" vfio-pci
	done
	[ ! -e "$store/rules" ]
}

@test "a rule for the root disk is refused, and nothing is saved or changed" {
	before=$(state "$root_card")$(state "$data_card")$(state "$nvme")
	capture driverctl set-rule disks --match=class=storage vfio-pci
	is "$status:$output" "4:"
	has "$stderr" "$root_card: in use: /dev/vda is mounted at /; still on 'virtio-pci', nothing changed (by rule disks)"
	[ ! -e "$store/rules" ]
	is "$(state "$root_card")$(state "$data_card")$(state "$nvme")" "$before"

	# By hand: the load of the one is refused, and says why, and the others follow the rule.
	mkdir "$store/rules"
	printf '%s\n' "[match]" "class = storage" "[override]" "driver = vfio-pci" >"$store/rules/disks.rule"
	capture driverctl load-override --all
	is "$status" 4
	has "$stderr" "$root_card: in use: /dev/vda is mounted at /; still on 'virtio-pci', nothing changed (by rule disks)"
	is "$(state "$data_card")" "vfio-pci vfio-pci (none)"
	rm -r "$store/rules"
	silently driverctl load-override --all
	is "$(state "$data_card")" "virtio-pci (none) (none)"
	is "$(state "$root_card")$(state "$data_card")$(state "$nvme")" "$before"
}

@test "a card that is plugged in follows a rule, also one of /usr/lib, and is given back" {
	mkdir -p /usr/lib/driverctl.d/rules
	printf '%s\n' "[match]" "id = 8086:10d3" "except = $card1 $card2 $card3 $card4" "[override]" \
		"driver = vfio-pci" >/usr/lib/driverctl.d/rules/cards.rule
	plug e1000e rp6
	wait_for 60 compgen -G "/sys/bus/pci/drivers/vfio-pci/0000:*" >/dev/null
	at_rest
	dev=$(basename /sys/bus/pci/drivers/vfio-pci/0000:*)
	is "$(state "$dev")" "vfio-pci vfio-pci (none)"
	untouched "$card1" e1000e
	is "$(failed_units)" ""

	# A decision made by hand stays, whatever events come.
	driverctl --nosave unset-override "$dev"
	is "$(state "$dev")" "e1000e (none) (none)"
	udevadm trigger --action=add --settle "$devices/$dev"
	at_rest
	is "$(state "$dev")" "e1000e (none) (none)"
	unplug
}

# programs PATH...: how many programs of driverctl udev would start for these devices.
programs()
{
	local path n=0

	for path; do
		! udevadm test --action=add "$path" 2>&1 | grep -q driverctl_load || ((n += 1))
	done
	echo "$n"
}

@test "without rules, udev starts no program; with a directory of rules, one for each device" {
	is "$(programs "$devices"/*)" 0
	mkdir "$store/rules"
	is "$(programs "$devices/$card1" "$devices/$smbus" "$platform/$dummy")" 3
}
