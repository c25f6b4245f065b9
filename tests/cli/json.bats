#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016 # inner shells
#
# The lists as JSON. What they print is in the golden files.

load ../helpers/tree
load ../helpers/json
load ../fixtures/varied

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
	hangs 0000:01:00.0
	run_driverctl --timeout=5 --json list-devices
	[ "$status" = 6 ]
	[[ $stderr == "driverctl: 0000:01:00.0: "* ]]
	[ "$(value '[[d[k] for k in ("name", "override", "override_known")] for d in x]')" = \
		'[["0000:01:00.0", null, false], ["0000:02:00.0", null, true]]' ]
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
