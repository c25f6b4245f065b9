#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Other programs that check the source must report nothing.

bats_require_minimum_version 1.5.0

setup() { cd "$BATS_TEST_DIRNAME/../.." || return; }

c_files() {
	find lib driverctl udev bench tests -name '*.[ch]'
}

# A script says so in its first lines.
scripts() {
	find . \( -path ./.git -o -path ./build -o -path "./${BUILD:-build}" \) -prune -o -type f -exec \
		awk 'FNR > 3 { nextfile }
			/^#!.*(sh|bats)$|^# shellcheck shell=/ { print FILENAME; nextfile }' {} +
}

@test "cppcheck" {
	local checks=warning,performance,portability
	# In style, each release finds something else; the tree follows that of Debian 12.
	[[ $(cppcheck --version) != "Cppcheck 2.10"* ]] || checks+=,style
	# Kernel modules are another kind of C; test_memory.c makes calloc() NULL, a constant.
	c_files | grep -vE '^tests/(vm/modules/|unit/test_memory\.c)' |
		xargs cppcheck --quiet --error-exitcode=1 --inline-suppr -j"$(nproc)" \
			--suppress=normalCheckLevelMaxBranches --enable="$checks" --std=c11 -DVERSION='""' \
			-D{SYSCONFDIR,RUNDIR,INITRAMFSDIR,DRACUTDIR,INITCPIODIR,LIBKMOD}='""' \
			-D_GNU_SOURCE -Ilib -Idriverctl -Itests/fuzz -Itests/unit >&2
}

@test "shellcheck, with each kind of script" {
	local known found
	found=$(scripts)
	for known in tests/run libvirt/driverctl initramfs/dracut/module-setup.sh tests/vm/boot-3/machine \
		tests/lint/tools.bats tests/helpers/tree.bash completions/driverctl.bash; do
		echo "# $known"
		grep -qx "./$known" <<<"$found"
	done
	xargs -n8 -P"$(nproc)" shellcheck -x <<<"$found"
}

@test "mandoc" {
	# Lines are as wide as those of the C files; which manuals there are is the machine's.
	# In one file, the two would be written into each other's lines.
	mandoc -T lint driverctl/*.[578] >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || true
	run grep -hvE 'line longer than 80 bytes|referenced manual not found|outdated mandoc.db' \
		"$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/err"
	echo "$output"
	[ "$output" = "" ]
	# mandoc reports no word that happens to be the name of a macro: "No devices" is printed as "devices".
	run grep -nE '^\.(S[hs]|D[1l]|Ql|It) ([^ ]+ )*(An|At|In|No|St|Ex|Es)( |$)' driverctl/*.[578]
	echo "$output"
	[ "$status" = 1 ]
}
