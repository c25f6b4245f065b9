#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The checks of C files that take longer than others, or need large packages.

setup() {
	cd "$BATS_TEST_DIRNAME/../../.." || return
	# The make that runs the tests must not reach into this one.
	unset MAKEFLAGS MFLAGS MAKELEVEL SANITIZE CFLAGS CPPFLAGS
}

# build NAME CC
build() {
	rm -rf "${BUILD:-build}/lint/$1"
	make -s -k -j"$(nproc)" --output-sync BUILD="${BUILD:-build}/lint/$1" CC="$2" WERROR=1 \
		objects >&2
}

@test "clang-format" {
	find lib driverctl udev bench tests -name '*.[ch]' -exec clang-format --dry-run -Werror {} +
}

@test "gcc, with -fanalyzer" {
	build gcc 'gcc -fanalyzer'
}

@test "clang, with clang-tidy" {
	build clang tests/lint/long/clang
}
