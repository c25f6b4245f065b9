#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The source archive.

load roots

@test "the same commit gives the same archive" {
	archive >&2
	cp "$OUT/driverctl-$VERSION.tar.gz" "$BATS_TEST_TMPDIR/first"
	(umask 077 && TZ=Asia/Tokyo archive >&2)
	cmp "$OUT/driverctl-$VERSION.tar.gz" "$BATS_TEST_TMPDIR/first"
}

@test "no archive is made if a file names another version" {
	local file tree=$BATS_TEST_TMPDIR/tree
	for file in NEWS packaging/debian/changelog packaging/rpm/driverctl.spec packaging/arch/PKGBUILD; do
		rm -rf "$tree"
		mkdir "$tree"
		git -C "$ROOT" archive HEAD | tar -C "$tree" -x
		sed -i "s/${VERSION//./\\.}/0.9.9/" "$tree/$file"
		BUILD=$BATS_TEST_TMPDIR/build run ! "$tree/packaging/build" dist
		[[ $output == "build: $file is for version '0.9.9', the Makefile for '$VERSION'" ]]
	done
}

@test "distcheck" {
	BUILD=$OUT "$ROOT/packaging/build" distcheck >"$OUT/distcheck.log" 2>&1 ||
		{ tail -n 40 "$OUT/distcheck.log" && return 1; }
	say "$(grep ' passed, ' "$OUT/distcheck.log")"
}

# In a root without a network and without namespaces.
as_nobody() {
	archive >&2
	in_root "$1" <<-EOF
		mkdir /build
		cd /build
		tar -xzf /out/driverctl-$VERSION.tar.gz
		chown -R nobody .
		# In a chroot the kernel refuses user namespaces.
		mount --rbind / /mnt
		as_nobody() {
			chroot --userspec=65534:65534 --groups= /mnt env HOME=/nonexistent "\$@"
		}
		! as_nobody unshare --user true
		as_nobody make -C /build/driverctl-$VERSION -j2 WERROR=1 all check >/out/nobody-$1.log 2>&1 ||
			{ grep -A20 '^not ok' /out/nobody-$1.log || tail /out/nobody-$1.log; exit 1; }
	EOF
	say "$(grep ' passed, ' "$OUT/nobody-$1.log")"
}

@test "bookworm: the archive is built and passes make check, as nobody, without network and namespaces" {
	as_nobody build-bookworm
}

@test "trixie: the archive is built and passes make check, as nobody, without network and namespaces" {
	as_nobody build-trixie
}
