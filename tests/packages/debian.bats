#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Debian's package: built, checked, installed over the distribution's own, and removed.

load roots

setup_file() {
	load roots
	archive >&2
}

# build_package SUITE: the packages in /out/SUITE
build_package() {
	in_root "build-$1" <<-EOF
		mkdir -p /build /out/$1
		cd /build
		cp /out/driverctl-$VERSION.tar.gz driverctl_$VERSION.orig.tar.gz
		tar -xzf driverctl_$VERSION.orig.tar.gz
		cd driverctl-$VERSION
		cp -a packaging/debian debian
		dpkg-buildpackage --no-sign >/out/$1.log 2>&1 || { cat /out/$1.log; exit 1; }
		rm -rf /out/$1
		mkdir /out/$1
		find .. -maxdepth 1 -type f -exec cp {} /out/$1 \;
		find .. -maxdepth 1 -type f -delete
		# Everything again, with all that may differ between two machines.
		cp -a . /build/again
		cd /build/again
		debian/rules clean
		chmod 777 /build
		chown -R nobody .
		umask 077
		TZ=Asia/Tokyo LANG=C LC_ALL=C HOME=/build DEB_BUILD_OPTIONS=nocheck setpriv --reuid=65534 \\
			--regid=65534 --clear-groups dpkg-buildpackage --no-sign -b >/out/$1.again.log 2>&1 ||
			{ tail -n 30 /out/$1.again.log; exit 1; }
		for deb in ../*.deb; do cmp "\$deb" "/out/$1/\${deb##*/}"; done
	EOF
}

@test "bookworm: the package is built without a warning, with its tests, and twice the same" {
	build_package bookworm
	run ! grep -i 'warning:' <(grep -v 'strip-program' "$OUT/bookworm.log")
	say "$(grep ' passed, ' "$OUT/bookworm.log")"
}

@test "trixie: the package is built without a warning, with its tests, and twice the same" {
	build_package trixie
	run ! grep -i 'warning:' <(grep -v 'strip-program' "$OUT/trixie.log")
	say "$(grep ' passed, ' "$OUT/trixie.log")"
}

@test "bookworm: lintian reports no error or warning" {
	in_root build-bookworm lintian --fail-on error,warning /out/bookworm/driverctl_"$VERSION"-1_amd64.changes
}

@test "trixie: lintian reports no error or warning" {
	in_root build-trixie lintian --fail-on error,warning /out/trixie/driverctl_"$VERSION"-1_amd64.changes
}

# upgrade ROOT TOOL
upgrade() {
	in_root "$1" <<-EOF
		/source/tests/packages/upgrade $2 /opt/driverctl_*.deb \\
			/out/${1##*-}/driverctl_$VERSION-1_amd64.deb
	EOF
}

@test "bookworm: 0.111 with saved overrides, ours, theirs, ours, remove, purge" {
	upgrade boot-bookworm initramfs-tools
}

@test "trixie: 0.115 with saved overrides, ours, theirs, ours, remove, purge" {
	upgrade boot-trixie initramfs-tools
}

@test "trixie with dracut: 0.115 with saved overrides, ours, theirs, ours, remove, purge" {
	upgrade dracut-trixie dracut
}
