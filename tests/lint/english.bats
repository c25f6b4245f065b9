#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016 # code, not expanded
#
# Words and sentences that are not plain English, which ./english lists. Before you add a habit, see it fail once.

bats_require_minimum_version 1.5.0

setup() { cd "$BATS_TEST_DIRNAME/../.." || return; }

@test "manuals and README files" {
	local files
	mapfile -t files < <(find . \( -path ./.git -o -path ./build -o -path "./${BUILD:-build}" \) -prune -o \
		\( -name '*.md' -o -name NEWS -o -path './driverctl/*.[578]' \) -print)
	[ "${#files[@]}" -gt 12 ]
	tests/lint/english "${files[@]}"
}

@test "no sentence of a manual, README or NEWS has more than 30 words" {
	tests/lint/english --long driverctl/*.[578] README.md HACKING.md NEWS packaging/README.md
	printf '%s ' {1..31} >"$BATS_TEST_TMPDIR/31.md"
	printf '%s ' {1..30} >"$BATS_TEST_TMPDIR/30.md"
	run -1 tests/lint/english --long "$BATS_TEST_TMPDIR/31.md"
	tests/lint/english --long "$BATS_TEST_TMPDIR/30.md"
}

@test "comments and messages of the program" {
	local files
	mapfile -t files < <(find driverctl lib udev -name '*.[ch]')
	[ "${#files[@]}" -gt 100 ]
	tests/lint/english "${files[@]}"
}

@test "units, rules, hooks, completions, packaging and the Makefile" {
	local files
	mapfile -t files < <(find udev systemd initramfs libvirt completions packaging -type f ! -name '*.[ch]' ! -name '*.md')
	[ "${#files[@]}" -gt 30 ]
	tests/lint/english "${files[@]}" Makefile
}

@test "english: each habit is found in each kind of file, and code is not looked at" {
	local habit
	cd "$BATS_TEST_TMPDIR" || return
	while read -r habit; do
		echo "# $habit"
		printf '# Title\n\nOne more\nthing. %s\n' "$habit" >a.md
		printf '.Sh NAME\nOne more\nthing.\n%s\n' "$habit" >a.8
		printf '/* One more\n * thing. %s */\n' "$habit" >a.c
		printf 'Description=%s\n' "$habit" >a.service
		printf '# One more\n# thing. %s\n' "$habit" >a.sh
		for file in a.*; do
			run -1 "$BATS_TEST_DIRNAME/english" "$file"
			[ "${#lines[@]}" = 1 ]
		done
	done <<-END
		A folder has it.
		The tool makes it anew.
		It waits for a guest, say.
		It waits, say, for a guest.
		The device is left out.
		The module is passed over.
		The driver is persisted.
		The plain driver is bound.
		The machine does not boot.
		It does as the original does.
		It fails where there is no driver.
		Where a device is absent, it fails.
		What is saved is applied.
	END
	printf '    make it anew\n\nRun `make folder`.\n' >b.md
	printf '.Bd -literal\nmake it anew\n.Ed\n.Pa /a/folder\n' >b.8
	printf 'int folder = anew("folder"); /* a virtual machine */\n' >b.c
	printf 'make folder anew\n' >b.sh
	"$BATS_TEST_DIRNAME/english" b.*
}
