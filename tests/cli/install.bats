#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2030,SC2031 # inner shells; each test is a subshell

bats_require_minimum_version 1.5.0

setup() {
	ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	D=$BATS_TEST_TMPDIR/root
	BUILT=$(realpath -m "${BUILD:-$ROOT/build}")
	# The make that runs the tests must not reach into this one.
	unset MAKEFLAGS MFLAGS MAKELEVEL DESTDIR SANITIZE PREFIX SBINDIR SYSCONFDIR RUNDIR DATADIR MANDIR \
		BASHDIR ZSHDIR FISHDIR UDEVDIR UNITDIR TMPFILESDIR DRACUTDIR INITRAMFSDIR INITCPIODIR \
		INITRAMFS LIBKMOD
}

make_install() {
	make --silent -C "$ROOT" install DESTDIR="$D" "$@" >&2
}

# built_elsewhere: what the other tests built, as a build directory of this test's own.
built_elsewhere() {
	mkdir "$BATS_TEST_TMPDIR/build"
	cp -a "$BUILT"/{driverctl,lib,systemd,udev,compiled-in} "$BATS_TEST_TMPDIR/build"
}

expect_layout() {
	diff - <(cd "$D" && find . -mindepth 1 \( ! -type d -o -empty \) -printf '%P %M\n' | sort) <<-EOF
		etc/driverctl.d drwxr-xr-x
		usr/lib/dracut/modules.d/90driverctl/driverctl-early.sh -rwxr-xr-x
		usr/lib/dracut/modules.d/90driverctl/module-setup.sh -rwxr-xr-x
		usr/lib/initcpio/hooks/driverctl -rw-r--r--
		usr/lib/initcpio/install/driverctl -rw-r--r--
		usr/lib/systemd/system/basic.target.wants/driverctl.service lrwxrwxrwx
		usr/lib/systemd/system/driverctl-early.service -rw-r--r--
		usr/lib/systemd/system/driverctl.service -rw-r--r--
		usr/lib/systemd/system/driverctl@.service -rw-r--r--
		usr/lib/systemd/system/sysinit.target.wants/driverctl-early.service lrwxrwxrwx
		usr/lib/tmpfiles.d/driverctl.conf -rw-r--r--
		usr/lib/udev/driverctl_load -rwxr-xr-x
		usr/lib/udev/rules.d/05-driverctl.rules -rw-r--r--
		usr/lib/udev/rules.d/89-vfio-uio.rules -rw-r--r--
		usr/lib/udev/vfio_name -rwxr-xr-x
		usr/sbin/driverctl -rwxr-xr-x
		usr/share/bash-completion/completions/driverctl -rw-r--r--
		usr/share/driverctl/libvirt-hook -rwxr-xr-x
		usr/share/driverctl/schemas/best-vfio.schema.json -rw-r--r--
		usr/share/driverctl/schemas/check.schema.json -rw-r--r--
		usr/share/driverctl/schemas/list-groups.schema.json -rw-r--r--
		usr/share/driverctl/schemas/list-rules.schema.json -rw-r--r--
		usr/share/driverctl/schemas/lists.schema.json -rw-r--r--
		usr/share/driverctl/schemas/results.schema.json -rw-r--r--
		usr/share/driverctl/schemas/show.schema.json -rw-r--r--
		usr/share/fish/vendor_completions.d/driverctl.fish -rw-r--r--
		usr/share/initramfs-tools/hooks/driverctl -rwxr-xr-x
		usr/share/initramfs-tools/scripts/init-top/driverctl -rwxr-xr-x
		usr/share/man/man5/driverctl-json.5 -rw-r--r--
		usr/share/man/man5/driverctl.conf.5 -rw-r--r--
		usr/share/man/man5/driverctl.d.5 -rw-r--r--
		usr/share/man/man5/driverctl.rule.5 -rw-r--r--
		usr/share/man/man7/driverctl-boot.7 -rw-r--r--
		usr/share/man/man7/driverctl-safety.7 -rw-r--r--
		usr/share/man/man7/driverctl-vfio.7 -rw-r--r--
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

@test "every file in its place, whatever the umask, also if it is installed twice" {
	(umask 077 && make_install)
	make_install
	expect_layout
}

@test "no file has capabilities" {
	make_install
	run ! grep -a SCHILY.xattr.security.capability < <(tar -c --xattrs --xattrs-include='*' -C "$D" .)
}

@test "pkg-config does not know udev, systemd and dracut" {
	for NOT_KNOWN in 1 0; do # 0: an empty answer
		pkg_config_without udev systemd dracut
		make_install PKG_CONFIG="$BATS_TEST_TMPDIR/pkg-config"
		expect_layout
		rm -r "$D"
	done
}

# A directory that other packages make.
VENDOR_RULES=/usr/lib/driverctl.d/rules

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
	done < <(texts | xargs grep -ohE '/usr/[^" ]+' | grep -vFx "$VENDOR_RULES")
	grep -qE '^ExecStart=.*/usr/sbin/driverctl load-override( --)? %i$' \
		"$D/usr/lib/systemd/system/driverctl@.service"
	grep -qE '^ExecStart=-?/usr/sbin/driverctl .*load-override --all --early$' \
		"$D/usr/lib/systemd/system/driverctl-early.service"
	grep -qE '^ExecStart=-/usr/sbin/driverctl load-override --all ' \
		"$D/usr/lib/systemd/system/driverctl.service"
	grep -qF '"/usr/lib/udev/driverctl_load --timeout=2 '"'"'$env{SUBSYSTEM}/$kernel'"'"'"' \
		"$D/usr/lib/udev/rules.d/05-driverctl.rules"
	grep -qE '"(/usr/lib/udev/)?vfio_name %k"' "$D/usr/lib/udev/rules.d/89-vfio-uio.rules"
	texts | xargs cat >"$BATS_TEST_TMPDIR/texts"
	run ! grep -n '@[A-Z]*DIR@' "$BATS_TEST_TMPDIR/texts"
}

@test "the program elsewhere: rules and units name it there, the tools find their parts" {
	built_elsewhere
	make_install PREFIX=/usr/local BUILD="$BATS_TEST_TMPDIR/build"
	[ -x "$D/usr/local/sbin/driverctl" ]
	[ -x "$D/usr/share/initramfs-tools/hooks/driverctl" ]
	[ -x "$D/usr/share/initramfs-tools/scripts/init-top/driverctl" ]
	[ -x "$D/usr/lib/dracut/modules.d/90driverctl/module-setup.sh" ]
	diff <(texts | xargs grep -ohE '/usr/[^" ]*/(driverctl|vfio)[^" ]*' | grep -vFx "$VENDOR_RULES" |
		sort -u) - <<-EOF
		/usr/lib/udev/driverctl_load
		/usr/lib/udev/vfio_name
		/usr/local/sbin/driverctl
	EOF
}

@test "two units are wanted by the boot: one before udev and the modules, one before basic.target" {
	make_install
	local units=$D/usr/lib/systemd/system link unit
	for link in sysinit.target.wants/driverctl-early.service basic.target.wants/driverctl.service; do
		unit=$units/${link#*/}
		[ "$(readlink -f "$units/$link")" = "$(readlink -f "$unit")" ]
		# It is not known where DESTDIR goes.
		[[ $(readlink "$units/$link") != /* ]]
		grep -qx 'DefaultDependencies=no' "$unit"
	done
	grep -qE '^Before=.*\bsystemd-udev-trigger.service\b' "$units/driverctl-early.service"
	grep -qE '^Before=.*\bsystemd-modules-load.service\b' "$units/driverctl-early.service"
	grep -qE '^Before=.*\bbasic.target network-pre.target\b' "$units/driverctl.service"
	grep -qE '^After=.*\bdriverctl-early.service\b' "$units/driverctl.service"
	run ! grep -qE '^After=.*udev' "$units/driverctl.service"
}

@test "driverctl=off starts no unit, and all units are confined alike" {
	make_install
	local units=$D/usr/lib/systemd/system unit
	for unit in driverctl@ driverctl-early driverctl; do
		grep -qx 'ConditionKernelCommandLine=!driverctl=off' "$units/$unit.service"
		diff <(sed -n '/^CapabilityBoundingSet/,$p' "$units/$unit.service") \
			<(sed -n '/^CapabilityBoundingSet/,$p' "$ROOT/systemd/confinement")
	done
}

@test "what is installed is what was built" {
	make_install
	cmp "$D/usr/sbin/driverctl" "$BUILT/driverctl/driverctl"
	cmp "$D/usr/lib/udev/vfio_name" "$BUILT/udev/vfio_name"
}

@test "overrides survive install and uninstall" {
	mkdir -p "$D/etc/driverctl.d"
	echo vfio-pci >"$D/etc/driverctl.d/pci-0000:01:00.0"
	make_install
	make --silent -C "$ROOT" uninstall DESTDIR="$D" >&2
	diff <(cd "$D" && find . -type f) - <<<./etc/driverctl.d/pci-0000:01:00.0
	[ "$(cat "$D/etc/driverctl.d/pci-0000:01:00.0")" = vfio-pci ]
}

@test "a DESTDIR with a space" {
	D+=" with a space"
	make_install
	expect_layout
	make --silent -C "$ROOT" uninstall DESTDIR="$D" >&2
	diff <(find "$D" ! -type d) /dev/null
}

@test "INITRAMFS selects the parts for the tools that make an initramfs" {
	local files tool
	for tool in initramfs-tools dracut; do
		rm -rf "$D"
		make_install INITRAMFS="$tool"
		files=$(cd "$D" && find . -type f -path '*initramfs-tools*' -o -type f -path '*dracut*')
		[ -n "$files" ]
		run ! grep -v "/$tool/" <<<"$files"
	done
	rm -rf "$D"
	INITRAMFS='' make_install
	[ -x "$D/usr/sbin/driverctl" ]
	diff <(cd "$D" && find . -type f -path '*initramfs-tools*' -o -type f -path '*dracut*') /dev/null
}

@test "make -f DIRECTORY/Makefile: built and installed below the current directory" {
	mkdir "$BATS_TEST_TMPDIR/here"
	cd "$BATS_TEST_TMPDIR/here" || return
	built_elsewhere
	mv ../build .
	(unset BUILD && make --silent -f "$ROOT/Makefile" all install DESTDIR=root >&2)
	D=$PWD/root
	expect_layout
	[ "$(ls)" = build$'\n'root ]
}

@test "every path is taken from the environment, and is installed to and compiled in" {
	export PREFIX=/opt/p SBINDIR=/opt/sbin SYSCONFDIR="$BATS_TEST_TMPDIR/etc" RUNDIR=/opt/run DATADIR=/opt/share \
		MANDIR=/opt/man BASHDIR=/opt/bash ZSHDIR=/opt/zsh FISHDIR=/opt/fish UDEVDIR=/opt/udev \
		UNITDIR=/opt/unit TMPFILESDIR=/opt/tmpfiles DRACUTDIR=/opt/dracut \
		INITRAMFSDIR=/opt/initramfs INITCPIODIR=/opt/initcpio LIBKMOD=libother.so.7
	local default
	export BUILD=$BATS_TEST_TMPDIR/other CFLAGS=-O0
	make -C "$ROOT" --silent -j"$(nproc)" all >&2
	make_install
	diff <(cd "$D/opt" && find . -mindepth 1 -maxdepth 1 -printf '%P\n' | sort) - <<-EOF
		bash
		dracut
		fish
		initcpio
		initramfs
		man
		sbin
		share
		tmpfiles
		udev
		unit
		zsh
	EOF
	diff <(cd "$D" && find . ! -type d ! -path './opt/*') /dev/null
	[ -d "$D$SYSCONFDIR/driverctl.d" ]
	default='/usr/sbin/driverctl|/usr/lib/(udev|systemd/system)/|/usr/share/driverctl|/usr/lib/dracut/modules'
	default+='|"?/(etc|run)/driverctl|libkmod\.so'
	run ! grep -rahoE "(^|[^a-zA-Z0-9])($default)" "$D"
	grep -qF '"/opt/udev/vfio_name %k"' "$D/opt/udev/rules.d/89-vfio-uio.rules"
	grep -qx "ConditionPathExists=|$SYSCONFDIR/driverctl.d/%i" "$D/opt/unit/driverctl@.service"

	# The names of a store's files are those that were compiled in, in an initramfs too.
	mkdir -p "$SYSCONFDIR/driverctl.d" "$D/image"
	echo none >"$SYSCONFDIR/driverctl.d/pci-ffff:ff:1f.7"
	"$D/opt/sbin/driverctl" export-store "$D/image"
	diff <(cd "$D/image" && find . -type f | sort) - <<-EOF
		.$SYSCONFDIR/driverctl.d/image
		.$SYSCONFDIR/driverctl.d/pci-ffff:ff:1f.7
	EOF
}

@test "make help lists every variable and every target, and the values that are set" {
	local name help
	help=$(SBINDIR=/opt/sbin make -s -C "$ROOT" help)
	grep -qE '^  SBINDIR +/opt/sbin$' <<<"$help"
	for name in BUILD DESTDIR CPPFLAGS WERROR SANITIZE \
		$(sed -n 's/^\([A-Z_]*\) ?=.*/\1/p' "$ROOT/Makefile"); do
		echo "# $name"
		grep -qE "^  $name( |\$)" <<<"$help"
	done
	while read -r name; do
		echo "# $name"
		case $name in libraries | paths | objects) continue ;; esac
		grep -qE "(^| |, )$name\b" <<<"$help"
	done < <(sed -n '/^\.PHONY: all libraries/,/[^\\]$/p' "$ROOT/Makefile" | tr -cs 'a-z-' '\n')
}
