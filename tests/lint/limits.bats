#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The figures of the source and their limits, which are the table in count. To see what it counts:
# tests/lint/count . NAME

bats_require_minimum_version 1.5.0

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	FIGURES=$(tests/lint/count)
	export FIGURES
}

# within NAME: whether the figure is there, and not above its limit
within() {
	awk -v name="$1" '$1 == name { n++; print; above = $2 > $3 } END { exit n != 1 || above }' \
		<<<"$FIGURES"
}

@test "a check of err returns; few go on in a chain" {
	within chains
}

@test "a statement has at most one ?:" {
	within ternaries
}

@test "few files have a path of /sys, and those are in lib/kernel" {
	within sys
	within sys-outside
}

@test "no file is long" {
	within longest
	within main
	within makefile
}

@test "count: what is in a comment or a string does not count, and a statement may have many lines" {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir -p lib/base driverctl udev
	cat >lib/base/a.c <<-'END'
		/* a ? b : c ? d : e; */
		/*
		 * a ? b : c ? d : e;
		 */
		static const char *s = "a ? b : c \" ? d : e"; // a ? b : c ? d : e;
		int x = a ? '"' : b
			? c : '?';
		int y = a ? b : c; int z = a ? b : c;
		for (int i = a ? b : c; i < (a ? b : c); i++)
			f("/* ", a ? b : c, " */", a ? b : c);
	END
	run -0 "$BATS_TEST_DIRNAME/count" . ternaries
	diff <(echo "$output") - <<-'END'
		lib/base/a.c: int x = a ? "" : b ? c : ""
		lib/base/a.c: i++) f("", a ? b : c, "", a ? b : c)
	END
}
