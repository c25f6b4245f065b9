#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# guest: trixie
# Every device of the guest, as root and as any other user.

load ../guest

# shellcheck disable=SC2034 # of the helper
ROOT=../..
load ../../helpers/json

setup_file()
{
	for path in /sys/bus/*/devices/*; do
		[ ! -e "$path/driver_override" ] || all+=("$path")
	done
	printf '%s\n' "${all[@]}" | sed 's|/sys/bus/\(.*\)/devices/|\1/|' >"$BATS_FILE_TMPDIR/all"
}

setup() { mapfile -t all <"$BATS_FILE_TMPDIR/all"; }

as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs "$@"; }

@test "show on every device: the JSON conforms to its schema" {
	file=$BATS_TEST_TMPDIR/show.json
	capture driverctl --json show "${all[@]}"
	is "$status:$stderr" "0:"
	echo "$output" >"$file"
	validate show.schema.json "$file"
	is "$(/usr/bin/python3 -c 'import json, sys
print(*(x["bus"] + "/" + x["name"] for x in json.load(sys.stdin)), sep="\n")' <"$file")" \
		"$(printf '%s\n' "${all[@]}")"
}

@test "show on every device: the text has a paragraph for each" {
	capture driverctl show "${all[@]}"
	is "$status:$stderr" "0:"
	is "$(grep -c '^  in use ' <<<"$output")" "${#all[@]}"
	is "$(grep -v '^ ' <<<"$output" | grep -c .)" "${#all[@]}"
	has "$output" "$root_card  SCSI storage controller"
}

@test "without root: the same lists and ranking, and whether a disk is mounted" {
	for command in "list-devices" "-v list-devices" "list-persisted" "best-vfio $card1 $edu"; do
		# shellcheck disable=SC2086 # words
		is "$(as_nobody driverctl $command 2>&1)" "$(driverctl $command)"
	done
	capture as_nobody driverctl show "$root_card" "$card1"
	is "$status:$stderr" "0:"
	has "$output" "in use       /dev/vda is mounted at /"
	has "$output" "  driver       e1000e"
	capture as_nobody driverctl --json show "${all[@]}"
	is "$status:$stderr" "0:"
	echo "$output" >"$BATS_TEST_TMPDIR/show.json"
	validate show.schema.json "$BATS_TEST_TMPDIR/show.json"
}
