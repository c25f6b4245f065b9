#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016 # inner shells
#
# The lists as JSON. What they print is in the golden files.

load ../helpers/tree
load ../helpers/json
load ../fixtures/varied

@test "what is in the lines is in the JSON, on every bus and of every class" {
	local bus class out=$BATS_TEST_TMPDIR/lists name names=()
	mkdir "$out"
	varied_devices
	for bus in pci platform vmbus fsl-mc; do
		for class in "${CLASSES[@]}"; do
			run_driverctl -b "$bus" list-devices "$class"
			[ "$status" = 0 ] || continue
			name=$out/$bus.$class
			names+=("$name")
			cp "$BATS_TEST_TMPDIR/stdout" "$name"
			run_driverctl -b "$bus" --json list-devices "$class"
			[ "$status" = 0 ]
			cp "$BATS_TEST_TMPDIR/stdout" "$name.json"
		done
	done
	[ -e "$out/pci.all" ]
	[ -e "$out/fsl-mc.all" ]
	validate lists.schema.json "$out"/*.json
	/usr/bin/python3 -c '
import json, os, sys
for name in sys.argv[1:]:
    lines = []
    for d in json.load(open(name + ".json")):
        assert d["bus"] == os.path.basename(name).split(".")[0], name
        line = d["name"] + " " + (d["driver"] or "(none)")
        lines.append(line + (" [*]" if d["override"] else ""))
    assert lines == open(name).read().splitlines(), name' "${names[@]}"
}

@test "-v changes nothing in the JSON of a list" {
	local command without
	varied_machine
	for command in list-devices list-overrides list-persisted; do
		run_driverctl --json "$command"
		without=$output
		run_driverctl --json -v "$command"
		[ "$output" = "$without" ]
	done
}

@test "nothing to list: an empty array, exit 0, nothing said" {
	local command
	for command in list-devices list-overrides list-persisted list-rules "list-devices network" \
		"-v list-overrides"; do
		echo "# $command"
		# shellcheck disable=SC2086 # words
		run_driverctl --json $command
		[ "$status" = 0 ]
		[ -z "$stderr" ]
		[ "$(value x)" = "[]" ]
	done
}

@test "no such bus or class: as without --json" {
	run_driverctl --json -b nosuch list-devices
	expect 1 "" "driverctl: no such bus: nosuch"
	run_driverctl --json list-devices nosuch
	expect_error 2 "driverctl: device type must be one of: *"
}

@test "list-persisted: a bad file is excluded and named, the JSON stays whole" {
	put "$STORE/pci-0000:01:00.0" "../../evil"
	put "$STORE/pci-0000:02:00.0" none
	run_driverctl --json list-persisted
	[ "$status" = 1 ]
	[[ $stderr == "driverctl: 0000:01:00.0: "* && $stderr != *$'\n'* ]]
	[ "$(value '[d["name"] for d in x]')" = '["0000:02:00.0"]' ]
}

@test "an override that cannot be read now: exit 6, the JSON stays whole" {
	pci_device 0000:01:00.0 driver=e1000e
	pci_device 0000:02:00.0 driver=e1000e
	rm "$(device_dir pci 0000:01:00.0)/driver_override"
	mkfifo "$(device_dir pci 0000:01:00.0)/driver_override"
	run_driverctl --timeout=5 --json list-devices
	[ "$status" = 6 ]
	[[ $stderr == "driverctl: 0000:01:00.0: "* ]]
	[ "$(value '[(d["name"], d["driver"]) for d in x][-1]')" = '["0000:02:00.0", "e1000e"]' ]
}

@test "an override that cannot be read now is not told as none" {
	pci_device 0000:01:00.0 driver=e1000e
	rm "$(device_dir pci 0000:01:00.0)/driver_override"
	mkfifo "$(device_dir pci 0000:01:00.0)/driver_override"
	run_driverctl --timeout=5 --json list-devices
	[ "$status" = 6 ]
	[ "$(value '[(d["override"], d["override_known"]) for d in x]')" = '[[null, false]]' ]
}

@test "names that are not ASCII: a model's in UTF-8 as it is, what is no UTF-8 replaced" {
	pci_device 0000:01:00.0 model='Contrôleur "réseau" 82574L \ (rév 1)'
	pci_device 0000:02:00.0 model=$'bad \377 byte'
	run_driverctl -v --json list-devices
	[ "$status" = 0 ]
	validate lists.schema.json "$BATS_TEST_TMPDIR/stdout"
	[ "$(value 'x[1]["model"]')" = '"bad \ufffd byte"' ]
	[ "$(value 'x[0]["model"]')" = '"Contr\u00f4leur \"r\u00e9seau\" 82574L \\ (r\u00e9v 1)"' ]
}

@test "standard output that is closed or full" {
	varied_devices
	run_in_tree bash -c 'exec "$0" --json list-devices >/dev/full' "$DRIVERCTL"
	expect_error 1 "driverctl: cannot write to standard output: *"
}
