#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031 # each test is a subshell
#
# The flags of the compiler: the hardening of the programs, and the user's own flags.

bats_require_minimum_version 1.5.0

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	# The make that runs the tests must not reach into this one.
	unset MAKEFLAGS MFLAGS MAKELEVEL SANITIZE CFLAGS CPPFLAGS LDFLAGS
	export DEFAULT=${BUILD:-build}/lint/default
	export PROGRAMS="$DEFAULT/driverctl/driverctl $DEFAULT/udev/driverctl_load $DEFAULT/udev/vfio_name"
	make -s -j"$(nproc)" BUILD="$DEFAULT" all >&2
}

setup() { cd "$BATS_TEST_DIRNAME/../.." || return; }

# The commands of a whole build.
commands() {
	make -nB BUILD="$DEFAULT" all "$@" | grep "^${CC:-cc} "
}

@test "the programs can be loaded at any address, and their stack is not executable" {
	local program headers
	for program in $PROGRAMS; do
		echo "# $program"
		headers=$(readelf -hdlW "$program")
		grep -qE 'Type: +DYN ' <<<"$headers"
		grep -qE '\(FLAGS_1\).* PIE\b' <<<"$headers"
		grep -qE '^ +GNU_STACK .* RW +0x' <<<"$headers"
	done
}

@test "the dynamic linker resolves everything at the start and makes it read-only" {
	local program headers
	for program in $PROGRAMS; do
		echo "# $program"
		headers=$(readelf -dlW "$program")
		grep -qE '^ +GNU_RELRO ' <<<"$headers"
		grep -qE '\(FLAGS\) +BIND_NOW' <<<"$headers"
		grep -qE '\(FLAGS_1\).* NOW\b' <<<"$headers"
	done
}

@test "the stack is protected, and calls of the C library are fortified" {
	local program symbols
	for program in $PROGRAMS; do
		echo "# $program"
		symbols=$(readelf --dyn-syms -W "$program")
		grep -q ' __stack_chk_fail@' <<<"$symbols"
		grep -qE ' __[a-z]+_chk@' <<<"$symbols"
	done
}

@test "stack clash and control flow protection are on if the compiler has them" {
	local flag command
	for flag in -fstack-clash-protection -fcf-protection; do
		"${CC:-cc}" -Werror "$flag" -c -xc -o /dev/null /dev/null || continue
		while read -r command; do
			echo "# $command"
			[[ $command == *" $flag "* ]]
		done < <(commands)
		if [ "$flag" = -fcf-protection ]; then
			readelf -n "$DEFAULT/lib/base/util.o" | grep -q 'IBT, SHSTK'
		fi
	done
}

@test "the user's flags replace the hardening, from the command line and the environment" {
	local command
	while read -r command; do
		echo "# $command"
		[[ $command == *" -O1 -DMINE "* && $command != *-fstack* && $command != *FORTIFY* ]]
		[[ $command == *" -c "* ]] || [[ $command == *" -Wl,-O1 "* && $command != *relro* ]]
	done < <(commands CFLAGS='-O1 -DMINE' LDFLAGS=-Wl,-O1
		CFLAGS='-O1 -DMINE' LDFLAGS=-Wl,-O1 commands)
	[ "$(commands | wc -l)" -gt 30 ]
}

@test "the user's flags without -fPIE link, also if the compiler does not default to it" {
	make -s BUILD="$BATS_TEST_TMPDIR" CC="${CC:-cc} -fno-pie -no-pie" CFLAGS=-O0 \
		"$BATS_TEST_TMPDIR/udev/vfio_name" >&2
}
