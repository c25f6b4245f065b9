#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031 # each test is a subshell
#
# The helper itself: what keeps the tests away from the machine's own devices.

load ../helpers/tree

@test "nothing runs where /sys does not show the tree's marker" {
	rm "$SYS/built-tree"
	run_in_tree touch "$BATS_TEST_TMPDIR/ran"
	[ "$status" != 0 ]
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
	echo "/another/tree" >"$SYS/built-tree"
	run_in_tree touch "$BATS_TEST_TMPDIR/ran"
	[ "$status" = 125 ]
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
}

@test "nothing runs where the tree is not there" {
	local real=$TREE
	TREE=$BATS_TEST_TMPDIR/gone
	run_in_tree touch "$BATS_TEST_TMPDIR/ran"
	TREE=$real
	[ "$status" != 0 ]
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
}

@test "the tree is all that is seen, and the machine is not changed" {
	local before
	before=$(ls /sys /run /etc)
	run_in_tree bash -c 'ls /sys /etc /lib/modules; touch /run/new'
	[ "$status" = 0 ]
	diff <(echo "$output") - <<-EOF
		/etc:
		driverctl.d
		ld.so.cache

		/lib/modules:
		$(uname -r)

		/sys:
		built-tree
		bus
		class
		devices
		kernel
		module
	EOF
	[ -e "$TREE/run/new" ]
	diff <(echo "$before") <(ls /sys /run /etc)
}

@test "the kernel's command line and files below /usr are the tree's, for what runs in it" {
	local before
	before=$(cat /proc/cmdline)
	kernel_line "quiet driverctl=off"
	usr_file /usr/sbin/driverctl-test '#!/bin/sh' 'echo ran'
	run_in_tree bash -c 'cat /proc/cmdline; /usr/sbin/driverctl-test; command -v unshare'
	[[ $output == "quiet driverctl=off"$'\n'"ran"$'\n'*/unshare ]]
	[ "$(cat /proc/cmdline)" = "$before" ]
	[ ! -e /usr/sbin/driverctl-test ]
}

@test "what is left behind is seen" {
	mkfifo "$TREE/run/fifo"
	run_in_tree bash -c 'cat /run/fifo >/dev/null 2>&1 &'
	[ "$status" = 0 ]
	[ -n "$(tree_processes)" ]
	wait_until tree_is_left
}
