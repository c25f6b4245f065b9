#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Arch Linux's package: the functions of its PKGBUILD, as makepkg calls them.

load roots

@test "PKGBUILD builds, tests and installs" {
	archive >&2
	in_root build-trixie <<-EOF
		mkdir /build
		cp /source/packaging/arch/* /out/driverctl-$VERSION.tar.gz /build
		cd /build
		tar -xzf driverctl-$VERSION.tar.gz
		. ./PKGBUILD
		srcdir=/build pkgdir=/build/root
		{ build && check && package; } >/out/arch.log 2>&1 || { tail -n 40 /out/arch.log; exit 1; }
		(cd root && find . -type f -printf '%P\n') >/files
		for file in usr/bin/driverctl usr/lib/udev/vfio_name usr/lib/systemd/system/driverctl@.service \\
			usr/lib/dracut/modules.d/90driverctl/module-setup.sh usr/share/doc/driverctl/NEWS; do
			grep -x "\$file" /files
		done
		! grep -E '^(usr/sbin|usr/share/initramfs-tools)/' /files
	EOF
	run ! grep -i 'warning:' "$OUT/arch.log"
	say "$(grep ' passed, ' "$OUT/arch.log")"
}
