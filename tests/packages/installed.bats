#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Debian's package, installed: its own tests, and upgrades in a guest with reboots. debian.bats builds it.

load roots

@test "trixie: autopkgtest passes against the installed package" {
	[ -e "$OUT/trixie/driverctl_$VERSION-1_amd64.deb" ]
	archive >&2
	ONLINE=1 COPY=1 HOST_PIDS=1 in_root test-trixie <<-EOF
		apt-get -qq update
		apt-get -qq install --no-install-recommends -y /out/trixie/driverctl_$VERSION-1_amd64.deb >/dev/null
		tar -C / -xzf /out/driverctl-$VERSION.tar.gz
		cp -a /driverctl-$VERSION/packaging/debian /driverctl-$VERSION/debian
		rm -rf /out/autopkgtest
		autopkgtest --no-built-binaries --test-name=cli --output-dir=/out/autopkgtest /driverctl-$VERSION \\
			-- null || { grep -A30 '^not ok' /out/autopkgtest/log || tail -n 50 /out/autopkgtest/log; exit 1; }
	EOF
	cat "$OUT/autopkgtest/summary" >&3
	say "$(grep ' passed, ' "$OUT/autopkgtest/log")"
}

@test "trixie in a guest, with reboots: 0.115 with overrides, ours, theirs, ours, removed and purged" {
	make_root boot-trixie
	"$ROOT/tests/packages/guest" trixie "$ROOTS"/boot-trixie/opt/driverctl_*.deb \
		"$OUT/trixie/driverctl_$VERSION-1_amd64.deb"
}
