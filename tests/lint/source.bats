#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Rules for the source that a compiler does not know. To add one: see it fail once.

bats_require_minimum_version 1.5.0

setup() { cd "$BATS_TEST_DIRNAME/../.." || return; }

# The level of a module of lib/; a file includes only lower ones, and its own header.
level() {
	case $1 in
	util) echo 0 ;;
	sysfs | bounded | modalias) echo 1 ;;
	device | model | module | store | policy | opener) echo 2 ;;
	driver | binding | variant | iommu | block | route | mdev) echo 3 ;;
	holder) echo 4 ;;
	transaction | saved) echo 5 ;;
	override) echo 6 ;;
	*) echo "$1 has no level" >&2 && return 1 ;;
	esac
}

@test "lib: a file includes only lower levels" {
	local file own include bad=0
	while IFS=: read -r file include; do
		own=$(basename "${file%.*}")
		[ "$include" = "$own" ] && continue
		(($(level "$include") < $(level "$own"))) && continue
		echo "$file includes $include.h"
		bad=1
	done < <(grep -H '^#include "' lib/*.[ch] | sed 's/#include "\(.*\)\.h"/\1/')
	[ "$bad" = 0 ]
}

@test "foreign libraries have one user each" {
	[ "$(grep -l '<libudev.h>' -r lib driverctl udev)" = lib/model.c ]
	[ "$(grep -l '<libkmod.h>' -r lib driverctl udev)" = lib/module.c ]
	[ "$(grep -l '<ini.h>' -r lib driverctl udev)" = lib/policy.c ]
}

@test "no shell, no forked tool" {
	run grep -nE '\b(system|popen|exec[vl]p?e?|posix_spawn)[[:space:]]*\(' -r lib driverctl udev
	[ "$status" = 1 ]
}

@test "lib prints nothing, ends nothing, and reads no environment" {
	run grep -nE '\b(printf|puts|perror|exit|abort|assert|getenv)[[:space:]]*\(' -r lib
	[ "$status" = 1 ]
}

@test "ctype.h is asked about an unsigned char" {
	run grep -nE '\b(is(alnum|alpha|blank|cntrl|x?digit|graph|lower|print|punct|space|upper)|to(lower|upper))\((\(unsigned char\))?' \
		--only-matching -r lib driverctl udev tests bench --include=*.[ch]
	run ! grep -v 'unsigned char' <<<"$output"
}
