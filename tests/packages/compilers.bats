#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Other compilers, flags and architectures. A warning is an error in all of these builds.

load roots

setup_file() {
	load roots
	archive >&2
}

# built_with VARIABLE...: make with these, and what the commands on standard input then say of /build.
built_with() {
	local commands
	commands=$(cat)
	in_root cross-trixie <<-EOF
		tar -C / -xzf /out/driverctl-$VERSION.tar.gz
		cd /driverctl-$VERSION
		make() { command make -s -j2 BUILD=/build WERROR=1 $(printf '%q ' "$@") "\$@" 2>&1 | tee /make.log; }
		set -o pipefail
		$commands
		! grep -i warning: /make.log
	EOF
}

@test "clang, with its tests" {
	built_with CC=clang <<<"make all check; tail -n 1 /make.log | grep ', 0 failed'"
}

@test "gcc with -flto, with its tests" {
	built_with AR=gcc-ar CFLAGS='-O2 -g -flto=auto' <<<"make all check; tail -n 1 /make.log | grep ', 0 failed'"
}

@test "clang with -flto, with its tests" {
	built_with CC=clang AR=llvm-ar CFLAGS='-O2 -g -flto' LDFLAGS=-fuse-ld=lld \
		<<<"make all check; tail -n 1 /make.log | grep ', 0 failed'"
}

@test "gcc with _FORTIFY_SOURCE=3, with its tests" {
	built_with CFLAGS='-O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3' \
		<<<"make all check; tail -n 1 /make.log | grep ', 0 failed'"
}

@test "musl compiles the programs and the unit tests" {
	built_with CC=musl-gcc CFLAGS=-O2 \
		CPPFLAGS='-idirafter /usr/include -idirafter /usr/include/x86_64-linux-gnu' <<-'EOF'
		make $(find lib driverctl udev tests/unit -name '*.c' | sed 's|\(.*\)c$|/build/\1o|')
	EOF
}

# cross PREFIX MULTIARCH MACHINE
cross() {
	built_with CC="$1-gcc" AR="$1-gcc-ar" <<-EOF
		export PKG_CONFIG_LIBDIR=/usr/lib/$2/pkgconfig:/usr/share/pkgconfig
		make all
		for program in driverctl/driverctl udev/vfio_name udev/driverctl_load; do
			readelf -h /build/\$program | grep 'Machine: *$3'
			readelf -h /build/\$program | grep 'Type: *DYN'
		done
	EOF
}

@test "arm64" {
	cross aarch64-linux-gnu aarch64-linux-gnu AArch64
}

@test "s390x" {
	cross s390x-linux-gnu s390x-linux-gnu 'IBM S/390'
}

@test "i386, whose program reads a store with inodes of 64 bits" {
	built_with CC=i686-linux-gnu-gcc <<-'EOF'
		export PKG_CONFIG_LIBDIR=/usr/lib/i386-linux-gnu/pkgconfig:/usr/share/pkgconfig
		make all check
		tail -n 1 /make.log | grep ', 0 failed'
		readelf -h /build/driverctl/driverctl | grep 'Machine: *Intel 80386'
		# overlayfs has the number of the layer in the upper bits of an inode.
		mkdir /lower /upper /etc/driverctl.d
		mount -t tmpfs -o inode32 tmpfs /lower
		mount -t tmpfs -o inode32 tmpfs /upper
		mkdir /upper/upper /upper/work /lower/policy
		echo none >/lower/pci-0000:ff:1f.7
		mount -t overlay -o xino=on,lowerdir=/lower,upperdir=/upper/upper,workdir=/upper/work store \
			/etc/driverctl.d
		inode=$(stat -c %i /etc/driverctl.d/pci-0000:ff:1f.7)
		[ "${#inode}" -gt 10 ]
		[ "$(/build/driverctl/driverctl list-persisted)" = "0000:ff:1f.7 none" ]
		mkdir /image
		/build/driverctl/driverctl export-store /image
		[ "$(cat /image/etc/driverctl.d/pci-0000:ff:1f.7)" = none ]
	EOF
}
