#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # inner shells; each test is a subshell; status and stderr are the helper's
#
# What makes an initramfs, and what runs in one, with the tools' own functions replaced: each does
# what its manual says. That the image boots is for vm/ to show.

load ../helpers/tree

TOOLS=$ROOT/initramfs/initramfs-tools
DRACUT=$ROOT/initramfs/dracut
MKINITCPIO=$ROOT/initramfs/mkinitcpio

setup() {
	tree_create "$BATS_TEST_TMPDIR/tree"
	IMAGE="$BATS_TEST_TMPDIR/an image"
	CALLS=$BATS_TEST_TMPDIR/calls
	mkdir -p "$IMAGE/usr/sbin" "$IMAGE/bin"
	mkdir "$STORE/policy"
	put "$STORE/pci-0000:01:00.0" none
	put "$STORE/policy/pci-0000:01:00.0.ini" "[override]" "driver = none" "choose = fixed"
	put "$STORE/platform-reg-dummy" none
	pci_device 0000:01:00.0
	bus_device platform reg-dummy
}

# Every file in the image.
in_image() {
	(cd "$IMAGE" && find . ! -type d ! -name image -printf '%P\n' | sort)
}

STORE_IN_IMAGE="etc/driverctl.d/pci-0000:01:00.0
etc/driverctl.d/platform-reg-dummy
etc/driverctl.d/policy/pci-0000:01:00.0.ini"

# with_program COMMAND...: with driverctl where it is installed.
with_program() {
	mkdir -p "$TREE/usr/sbin"
	cp "$DRIVERCTL" "$TREE/usr/sbin/driverctl"
	run_in_tree env PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# --- initramfs-tools ---

# copy_exec SOURCE [TARGET]: the target is a folder that is there, or the file's new name.
run_hook() {
	usr_file /usr/share/initramfs-tools/hook-functions \
		'copy_exec() {' \
		'	target=$DESTDIR${2:-$1}' \
		'	if [ -d "$target" ]; then target=$target/${1##*/}; else mkdir -p "${target%/*}"; fi' \
		'	cp "$1" "$target"' \
		'}'
	with_program env DESTDIR="$IMAGE" sh -e "$TOOLS/hook"
}

@test "initramfs-tools: the program and the saved overrides, nothing else" {
	put "$TREE/etc/driverctl.conf" "[safety]" "timeout = 10"
	silently run_hook
	diff <(in_image) <(printf '%s\n' "$STORE_IN_IMAGE" usr/sbin/driverctl)
	[ -x "$IMAGE/usr/sbin/driverctl" ]
	cmp "$DRIVERCTL" "$IMAGE/usr/sbin/driverctl"
	diff -r -x image "$STORE" "$IMAGE/etc/driverctl.d"
}

@test "initramfs-tools: with nothing saved as well" {
	rm -r "$STORE"
	silently run_hook
	diff <(in_image) - <<<usr/sbin/driverctl
}

@test "initramfs-tools: an image that has no usr/sbin yet" {
	rm -r "${IMAGE:?}/usr"
	silently run_hook
	[ -x "$IMAGE/usr/sbin/driverctl" ]
}

@test "initramfs-tools: what cannot be exported is a warning, and the image is made" {
	put "$STORE/pci-0000:02:00.0" "../../evil"
	run_hook
	[ "$status" = 0 ]
	[ "$output" = "" ]
	[ "$stderr" = "\
driverctl: pci-0000:02:00.0: /etc/driverctl.d/pci-0000:02:00.0: not a driver name
W: driverctl: not all overrides are in the initramfs" ]
	diff <(in_image) <(printf '%s\n' "$STORE_IN_IMAGE" usr/sbin/driverctl)
}

@test "initramfs-tools: a device whose disk is in use is excluded, with a warning" {
	pci_device 0000:03:00.0 driver=nvme
	disk_of 0000:03:00.0
	put "$STORE/pci-0000:03:00.0" vfio-pci
	run_hook
	expect_error 0 "driverctl: 0000:03:00.0: excluded from the initramfs: */dev/shm/disk*"
	diff <(in_image) <(printf '%s\n' "$STORE_IN_IMAGE" usr/sbin/driverctl)
}

@test "initramfs-tools: driverctl=off does not keep them out of the image" {
	kernel_line driverctl=off
	silently run_hook
	diff <(in_image) <(printf '%s\n' "$STORE_IN_IMAGE" usr/sbin/driverctl)
}

@test "initramfs-tools: without the program nothing is done" {
	usr_file /usr/share/initramfs-tools/hook-functions 'copy_exec() { false; }'
	mkdir "$TREE/empty"
	silently run_in_tree env PATH="$TREE/empty" DESTDIR="$IMAGE" /bin/sh -e "$TOOLS/hook"
	[ -z "$(in_image)" ]
}

@test "initramfs-tools: asked for what they need first, the scripts do nothing" {
	local script
	usr_file /usr/sbin/driverctl '#!/bin/sh' 'echo called'
	for script in hook init-top; do
		silently run_in_tree env DESTDIR="$IMAGE" "$TOOLS/$script" prereqs
	done
	[ -z "$(in_image)" ]
}

@test "initramfs-tools: the image's script writes the overrides of the image" {
	run_hook
	[ "$status" = 0 ]
	# The image has no /etc but its own.
	rm "$STORE/platform-reg-dummy"
	with_program sh -c 'mount -n --bind "$1" /etc && exec "$2"' - "$IMAGE/etc" "$TOOLS/init-top"
	expect 0 "" ""
	overrides 0000:01:00.0=none platform/reg-dummy=none
	[ ! -s "$SYS/bus/pci/drivers_probe" ]
	# On the real root, that has one of them no more.
	with_program driverctl load-override --all --early
	expect 0 "" ""
	overrides 0000:01:00.0=none platform/reg-dummy=
}

@test "initramfs-tools: the image's script fails no boot" {
	usr_file /usr/sbin/driverctl '#!/bin/sh' 'echo "$*"' 'exit 4'
	prints "load-override --all --early" run_in_tree "$TOOLS/init-top"
	usr_file /usr/sbin/driverctl '#!/no/such/program'
	run_in_tree "$TOOLS/init-top"
	[ "$status" = 0 ]
}

# --- dracut ---

# in_module FUNCTION: of the module, in a shell like dracut's.
in_module() {
	put "$BATS_TEST_TMPDIR/dracut-functions" \
		'require_binaries() { for b; do command -v "$b" >/dev/null || return 1; done; }' \
		'inst_binary() { mkdir -p "$initdir${2%/*}" && cp "$(command -v "$1")" "$initdir$2"; }' \
		'inst_simple() { mkdir -p "$initdir${1%/*}" && cp "$1" "$initdir$1"; }' \
		'inst_hook() { echo "inst_hook $1 $2 ${3##*/}" >>"$calls"; [ -x "$3" ]; }' \
		'dwarn() { echo "dwarn $*" >>"$calls"; }' \
		'dracut_module_included() { [[ " $included " == *" $1 "* ]]; }'
	: >"$CALLS"
	with_program env initdir="$IMAGE" moddir="$DRACUT" calls="$CALLS" included="${INCLUDED-}" \
		hostonly_l="${HOSTONLY-}" dracutsysrootdir="${SYSROOT-}" bash -c '. "$1"; . "$moddir/module-setup.sh"; "$2"' - \
		"$BATS_TEST_TMPDIR/dracut-functions" "$1"
}

@test "dracut: the program, the saved overrides and the hook, nothing else" {
	put "$TREE/etc/driverctl.conf" "[safety]" "timeout = 10"
	silently in_module install
	diff <(in_image) <(printf '%s\n' "$STORE_IN_IMAGE" usr/sbin/driverctl)
	diff -r -x image "$STORE" "$IMAGE/etc/driverctl.d"
	expect_file "$CALLS" "inst_hook pre-udev 10 driverctl-early.sh"
}

UNITS=usr/lib/systemd/system

@test "dracut: with systemd, the early step is the unit of the real root" {
	usr_file "/$UNITS/driverctl-early.service" "[Unit]"
	INCLUDED="base systemd" in_module install
	expect 0 "" ""
	diff <(in_image) <(printf '%s\n' "$STORE_IN_IMAGE" "$UNITS/driverctl-early.service" \
		"$UNITS/sysinit.target.wants/driverctl-early.service" usr/sbin/driverctl)
	expect_file "$IMAGE/$UNITS/sysinit.target.wants/driverctl-early.service" "[Unit]"
	[ ! -s "$CALLS" ]
}

@test "dracut: an image for another machine or another root has no override" {
	HOSTONLY=no silently in_module install
	diff <(in_image) - <<<usr/sbin/driverctl
	SYSROOT=/mnt silently in_module install
	diff <(in_image) - <<<usr/sbin/driverctl
	expect_file "$CALLS" "inst_hook pre-udev 10 driverctl-early.sh"
}

@test "dracut: a rescue image gets nothing" {
	INCLUDED="systemd rescue" in_module install
	expect 0 "" ""
	[ -z "$(in_image)" ]
	[ ! -s "$CALLS" ]
}

@test "dracut: what cannot be exported is a warning, and the image is made" {
	put "$STORE/pci-0000:02:00.0" "../../evil"
	in_module install
	[ "$status" = 0 ]
	[ "$stderr" = \
		"driverctl: pci-0000:02:00.0: /etc/driverctl.d/pci-0000:02:00.0: not a driver name" ]
	diff <(in_image) <(printf '%s\n' "$STORE_IN_IMAGE" usr/sbin/driverctl)
	expect_file "$CALLS" "dwarn driverctl: not all overrides are in the initramfs" \
		"inst_hook pre-udev 10 driverctl-early.sh"
}

@test "dracut: taken where the program is, and needing no other module" {
	silently in_module check
	silently in_module depends
	mkdir "$TREE/empty"
	run_in_tree env PATH="$TREE/empty" moddir="$DRACUT" /bin/bash -c \
		'. "$1"; . "$moddir/module-setup.sh"; check' - "$BATS_TEST_TMPDIR/dracut-functions"
	[ "$status" = 1 ]
	[ -z "$(in_image)" ]
}

@test "dracut: the hook writes the overrides, and its shell goes on whatever becomes of it" {
	local shell
	for shell in sh bash; do
		with_program "$shell" -e -c '. "$1"; echo "goes on"' - "$DRACUT/driverctl-early.sh"
		expect 0 "goes on" ""
	done
	overrides 0000:01:00.0=none platform/reg-dummy=none
	usr_file /usr/sbin/driverctl '#!/bin/sh' 'echo "$*"' 'exit 4'
	for shell in sh bash; do
		run_in_tree "$shell" -e -c '. "$1"; echo "goes on"' - "$DRACUT/driverctl-early.sh"
		expect 0 "load-override --all --early
goes on" ""
	done
}

# --- mkinitcpio ---

# build_hook: the build function of the hook, with those that mkinitcpio documents, and the one of its hook
# "systemd". A link is added as it is.
build_hook() {
	put "$BATS_TEST_TMPDIR/functions" \
		'add_dir() { mkdir -p "$BUILDROOT$1"; }' \
		'add_file() { add_dir "${2%/*}" && cp "$1" "$BUILDROOT$2"; }' \
		'add_binary() { add_file "$(command -v "$1")" "$2"; }' \
		'add_symlink() { add_dir "${1%/*}" && ln -s "$2" "$BUILDROOT$1"; }' \
		'add_runscript() { echo add_runscript "$@" >>"$calls"; }' \
		'warning() { echo "warning $*" >>"$calls"; }' "$@"
	: >"$CALLS"
	with_program env BUILDROOT="$IMAGE" calls="$CALLS" TMPDIR=/run \
		bash -c '. "$1"; . "$2"; build' - "$BATS_TEST_TMPDIR/functions" "$MKINITCPIO/install"
}

@test "mkinitcpio: the program, the saved overrides and the runtime hook, nothing else" {
	put "$TREE/etc/driverctl.conf" "[safety]" "timeout = 10"
	mkdir "$STORE/rules"
	ln -s /dev/null "$STORE/rules/10-masked.rule"
	silently build_hook
	diff <(in_image) <(printf '%s\n' "$STORE_IN_IMAGE" etc/driverctl.d/{excluded,rules/10-masked.rule} \
		usr/sbin/driverctl | sort)
	diff -r -x image -x excluded "$STORE" "$IMAGE/etc/driverctl.d"
	[ "$(readlink "$IMAGE/etc/driverctl.d/rules/10-masked.rule")" = /dev/null ]
	expect_file "$CALLS" add_runscript
	[ -z "$(compgen -G "$TREE/run/tmp.*")" ]
}

@test "mkinitcpio: with systemd, the early step is the unit of the real root" {
	build_hook 'add_systemd_unit() { echo "add_systemd_unit $*" >>"$calls"; }'
	expect 0 "" ""
	diff <(in_image) <(printf '%s\n' "$STORE_IN_IMAGE" usr/sbin/driverctl)
	expect_file "$CALLS" "add_systemd_unit driverctl-early.service"
}

@test "mkinitcpio: what cannot be exported is a warning, and the image is made" {
	put "$STORE/pci-0000:02:00.0" "../../evil"
	build_hook
	[ "$status" = 0 ]
	diff <(in_image) <(printf '%s\n' "$STORE_IN_IMAGE" usr/sbin/driverctl)
	expect_file "$CALLS" "warning driverctl: not all overrides are in the initramfs" add_runscript
}

@test "mkinitcpio: the runtime hook writes the overrides before udev is started, and goes on" {
	local shell
	for shell in sh bash; do
		with_program "$shell" -e -c '. "$1"; run_earlyhook; echo "goes on"' - "$MKINITCPIO/hook"
		expect 0 "goes on" ""
	done
	overrides 0000:01:00.0=none platform/reg-dummy=none
	usr_file /usr/sbin/driverctl '#!/bin/sh' 'echo "$*"' 'exit 4'
	run_in_tree sh -e -c '. "$1"; run_earlyhook; echo "goes on"' - "$MKINITCPIO/hook"
	expect 0 "load-override --all --early
goes on" ""
}

# --- all ---

@test "driverctl=off: neither writes anything, and neither fails" {
	kernel_line "quiet driverctl=off"
	with_program "$TOOLS/init-top"
	[ "$status" = 0 ]
	with_program sh -c '. "$1"; echo "goes on"' - "$DRACUT/driverctl-early.sh"
	[ "$status" = 0 ]
	[ "$output" = "goes on" ]
	overrides "0000:01:00.0=(null)"
	[ ! -e "$TREE/run/driverctl/journal" ]
}
