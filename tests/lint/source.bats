#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Rules for the source that a compiler does not know. Before you add one, see it fail once.

bats_require_minimum_version 1.5.0

setup() { cd "$BATS_TEST_DIRNAME/../.." || return; }

# The directories of lib/, each of which includes only those before it.
layers="base kernel vfio use store change"

@test "lib: a directory includes only itself and the layers below it" {
	local file directory include below bad=0
	while IFS=: read -r file include; do
		directory=${file%/*}
		directory=${directory##*/}
		below=" ${layers%%"$directory"*}$directory "
		[[ $below == *" ${include%%/*} "* ]] && continue
		echo "$file includes $include"
		bad=1
	done < <(grep -rH '^#include "' lib | sed 's/#include "\(.*\)"/\1/')
	[ "$bad" = 0 ]
}

@test "lib: an include names its layer" {
	run grep -rnE '^#include "[^/]*"' lib
	[ "$status" = 1 ]
}

@test "each foreign library has one user" {
	[ "$(grep -l '<libudev.h>' -r lib driverctl udev)" = lib/kernel/model.c ]
	[ "$(grep -l '<libkmod.h>' -r lib driverctl udev)" = lib/kernel/module.c ]
	[ "$(grep -l '<libmnl/libmnl.h>' -r lib driverctl udev)" = lib/kernel/netlink.h ]
	[ "$(grep -l '<ini.h>' -r lib driverctl udev)" = lib/store/keyfile.c ]
}

@test "a path of /sys is written in lib/kernel alone" {
	run grep -rnE '"/sys' lib driverctl udev --include=*.[ch] --exclude-dir=kernel
	[ "$status" = 1 ]
}

@test "no file starts a shell or a tool" {
	run grep -nE '\b(system|popen|exec[vl]p?e?|posix_spawn)[[:space:]]*\(' -r lib driverctl udev
	[ "$status" = 1 ]
}

@test "lib does not print, exit or read the environment" {
	run grep -nE '\b(printf|puts|perror|exit|abort|assert|getenv)[[:space:]]*\(' -r lib
	[ "$status" = 1 ]
}

@test "functions of ctype.h get an unsigned char" {
	run grep -nE '\b(is(alnum|alpha|blank|cntrl|x?digit|graph|lower|print|punct|space|upper)|to(lower|upper))\((\(unsigned char\))?' \
		--only-matching -r lib driverctl udev tests bench --include=*.[ch]
	run ! grep -v 'unsigned char' <<<"$output"
}

# The shell does not end at the first condition of such a list, so that it cannot fail.
@test "no test joins two conditions on one line" {
	run grep -nE '^\s*(\[.*\]|is .*|has .*) && (\[.*\]|is .*|has .*)$' -r tests --include=*.bats
	[ "$status" = 1 ]
}
