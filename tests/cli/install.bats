#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016 # inner shells

bats_require_minimum_version 1.5.0

setup() {
	ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	D=$BATS_TEST_TMPDIR/root
	# The make that runs the tests must not reach into this one.
	unset MAKEFLAGS MFLAGS MAKELEVEL DESTDIR PREFIX SANITIZE
}

make_install() {
	make --silent -C "$ROOT" install DESTDIR="$D" "$@" >&2
}

expect_layout() {
	diff - <(cd "$D" && find . -mindepth 1 \( ! -type d -o -empty \) -printf '%P %M\n' | sort) <<-EOF
		etc/driverctl.d drwxr-xr-x
		usr/lib/dracut/modules.d/90driverctl/driverctl-early.sh -rwxr-xr-x
		usr/lib/dracut/modules.d/90driverctl/module-setup.sh -rwxr-xr-x
		usr/lib/systemd/system/driverctl-early.service -rw-r--r--
		usr/lib/systemd/system/driverctl@.service -rw-r--r--
		usr/lib/systemd/system/sysinit.target.wants/driverctl-early.service lrwxrwxrwx
		usr/lib/udev/driverctl_load -rwxr-xr-x
		usr/lib/udev/rules.d/05-driverctl.rules -rw-r--r--
		usr/lib/udev/rules.d/89-vfio-uio.rules -rw-r--r--
		usr/lib/udev/vfio_name -rwxr-xr-x
		usr/sbin/driverctl -rwxr-xr-x
		usr/share/bash-completion/completions/driverctl -rw-r--r--
		usr/share/driverctl/libvirt-hook -rwxr-xr-x
		usr/share/fish/vendor_completions.d/driverctl.fish -rw-r--r--
		usr/share/initramfs-tools/hooks/driverctl -rwxr-xr-x
		usr/share/initramfs-tools/scripts/init-top/driverctl -rwxr-xr-x
		usr/share/man/man5/driverctl.conf.5 -rw-r--r--
		usr/share/man/man8/driverctl.8 -rw-r--r--
		usr/share/zsh/site-functions/_driverctl -rw-r--r--
	EOF
}

# pkg-config as on a machine without the named packages.
pkg_config_without() {
	cat >"$BATS_TEST_TMPDIR/pkg-config" <<-EOF
		#!/bin/sh
		for word; do
			case " $* " in *" \$word "*) exit $NOT_KNOWN ;; esac
		done
		exec pkg-config "\$@"
	EOF
	chmod +x "$BATS_TEST_TMPDIR/pkg-config"
}

@test "every file in its place" {
	make_install
	expect_layout
}

@test "no file has capabilities" {
	make_install
	find "$D" -type f -exec /usr/bin/python3 -c 'import os, sys
sys.exit(any("security.capability" in os.listxattr(file) for file in sys.argv[1:]))' {} +
}

@test "a umask changes no mode" {
	(umask 077 && make_install)
	expect_layout
}

@test "pkg-config does not know udev, systemd and dracut" {
	NOT_KNOWN=1 pkg_config_without udev systemd dracut
	make_install PKG_CONFIG="$BATS_TEST_TMPDIR/pkg-config"
	expect_layout
}

@test "pkg-config has an empty answer for udev, systemd and dracut" {
	NOT_KNOWN=0 pkg_config_without udev systemd dracut
	make_install PKG_CONFIG="$BATS_TEST_TMPDIR/pkg-config"
	expect_layout
}

# The rules and units that are installed.
texts() {
	find "$D" \( -name '*.rules' -o -name '*.service' \) -type f
}

@test "the rules and the units name what is installed" {
	local path
	make_install
	while read -r path; do
		echo "# $path"
		[ -x "$D$path" ]
	done < <(texts | xargs grep -ohE '/usr/[^" ]+')
	grep -qE '^ExecStart=.*/usr/sbin/driverctl load-override( --)? %i$' \
		"$D/usr/lib/systemd/system/driverctl@.service"
	grep -qE '^ExecStart=-?/usr/sbin/driverctl .*load-override --all --early$' \
		"$D/usr/lib/systemd/system/driverctl-early.service"
	grep -qF '"/usr/lib/udev/driverctl_load --timeout=2 '"'"'$env{SUBSYSTEM}/$kernel'"'"'"' \
		"$D/usr/lib/udev/rules.d/05-driverctl.rules"
	grep -qE '"(/usr/lib/udev/)?vfio_name %k"' "$D/usr/lib/udev/rules.d/89-vfio-uio.rules"
	texts | xargs cat >"$BATS_TEST_TMPDIR/texts"
	run ! grep -n '@[A-Z]*DIR@' "$BATS_TEST_TMPDIR/texts"
}

@test "the program elsewhere: rules and units name it there, the tools find their parts" {
	local build=$BATS_TEST_TMPDIR/build
	mkdir "$build"
	cp -a "${BUILD:-$ROOT/build}"/{driverctl,lib,systemd,udev} "$build"
	make_install PREFIX=/usr/local BUILD="$build"
	[ -x "$D/usr/local/sbin/driverctl" ]
	[ -x "$D/usr/share/initramfs-tools/hooks/driverctl" ]
	[ -x "$D/usr/share/initramfs-tools/scripts/init-top/driverctl" ]
	[ -x "$D/usr/lib/dracut/modules.d/90driverctl/module-setup.sh" ]
	diff <(texts | xargs grep -ohE '/usr/[^" ]*/(driverctl|vfio)[^" ]*' | sort -u) - <<-EOF
		/usr/lib/udev/driverctl_load
		/usr/local/sbin/driverctl
	EOF
}

@test "the early unit is wanted by the boot, before udev and the modules" {
	make_install
	local units=$D/usr/lib/systemd/system
	[ "$(readlink -f "$units/sysinit.target.wants/driverctl-early.service")" = \
		"$(readlink -f "$units/driverctl-early.service")" ]
	# Where DESTDIR goes it is not known.
	[[ $(readlink "$units/sysinit.target.wants/driverctl-early.service") != /* ]]
	grep -qE '^Before=.*\bsystemd-udev-trigger.service\b' "$units/driverctl-early.service"
	grep -qE '^Before=.*\bsystemd-modules-load.service\b' "$units/driverctl-early.service"
	grep -qx 'DefaultDependencies=no' "$units/driverctl-early.service"
}

@test "driverctl=off starts neither unit" {
	make_install
	local unit
	for unit in driverctl@ driverctl-early; do
		grep -qx 'ConditionKernelCommandLine=!driverctl=off' \
			"$D/usr/lib/systemd/system/$unit.service"
	done
}

@test "what is installed is what was built" {
	make_install
	local build
	build=$(realpath -m "${BUILD:-$ROOT/build}")
	cmp "$D/usr/sbin/driverctl" "$build/driverctl/driverctl"
	cmp "$D/usr/lib/udev/vfio_name" "$build/udev/vfio_name"
}

@test "overrides survive install and uninstall" {
	mkdir -p "$D/etc/driverctl.d"
	echo vfio-pci >"$D/etc/driverctl.d/pci-0000:01:00.0"
	make_install
	make --silent -C "$ROOT" uninstall DESTDIR="$D" >&2
	diff <(cd "$D" && find . -type f) - <<<./etc/driverctl.d/pci-0000:01:00.0
	[ "$(cat "$D/etc/driverctl.d/pci-0000:01:00.0")" = vfio-pci ]
}

@test "installed twice is installed once" {
	make_install
	make_install
	expect_layout
}

@test "uninstall leaves no file" {
	make_install
	make --silent -C "$ROOT" uninstall DESTDIR="$D" >&2
	diff <(find "$D" ! -type d) /dev/null
}
