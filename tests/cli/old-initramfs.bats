#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2154 # inner shells; status and stderr are the helper's
#
# What driverctl says if the store has changed since the initramfs was built. vm/ has a boot with such an
# initramfs.

load ../helpers/tree
load ../helpers/json

WORD="the initramfs is older than the store"

setup() {
	tree_create "$BATS_TEST_TMPDIR/tree"
	IMAGE=$BATS_TEST_TMPDIR/image
	mkdir "$IMAGE"
	pci_device 0000:01:00.0
	put "$STORE/pci-0000:01:00.0" none
}

# build: an initramfs from the store as it is.
build() {
	rm -rf "${IMAGE:?}"/*
	silently run_driverctl export-store "$IMAGE"
}

# boot: as if the initramfs had been booted; the early step of the real root has not been run.
boot() {
	rm -rf "$TREE/run/driverctl"
	silently run_in_tree bash -c 'mount -n --bind "$1" /etc/driverctl.d && shift && exec "$@"' - \
		"$IMAGE/etc/driverctl.d" "$DRIVERCTL" load-override --all --early
}

# without_tools COMMAND...: run a command in the tree, without a tool that rebuilds an initramfs.
without_tools() {
	run_in_tree bash -c 'for dir in /usr/share/initramfs-tools/hooks /usr/lib/dracut/modules.d; do
			[ ! -d "$dir" ] || mount -n -t tmpfs tmpfs "$dir"
		done
		exec "$@"' - "$@"
}

driverctl() {
	without_tools "$DRIVERCTL" "$@"
}

# at_terminal ARGUMENT...: the same with a terminal for standard error, which goes to output.
at_terminal() {
	without_tools /usr/bin/python3 -c 'import os, subprocess, sys
terminal, end = os.openpty()
call = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=end)
os.close(end)
try:
	sys.stdout.write(os.read(terminal, 65536).decode().replace("\r", ""))
except OSError:
	pass
sys.exit(call.returncode)' "$DRIVERCTL" "$@"
}

older() {
	driverctl show 01:00.0
	[ "$status" = 0 ]
	[[ $output == *$'\n  initramfs    '"${WORD#the initramfs is }" ]]
}

not_older() {
	driverctl show 01:00.0
	[ "$status" = 0 ]
	[[ $output != *initramfs* ]]
}

@test "an initramfs with the store as it is: nothing is said" {
	build
	boot
	not_older
	silently at_terminal list-persisted
	driverctl -v list-persisted
	[ "$status" = 0 ]
	[ -z "$stderr" ]
}

@test "no initramfs, and one without the mark: nothing is said" {
	not_older
	build
	rm "$IMAGE/etc/driverctl.d/image"
	boot
	echo vfio-pci >"$STORE/pci-0000:01:00.0"
	not_older
	silently at_terminal list-persisted
}

@test "the store has changed: show and the lists say so with -v and at a terminal" {
	build
	boot
	put "$STORE/pci-0000:01:00.0" vfio-pci
	older
	local command
	for command in list-persisted list-devices; do
		driverctl "$command"
		[ "$status" = 0 ]
		[ -z "$stderr" ]
		driverctl -v "$command"
		[ "$status" = 0 ]
		[ "${stderr##*$'\n'}" = "driverctl: $WORD" ]
		prints "driverctl: $WORD" at_terminal "$command"
	done
	driverctl --json show 01:00.0
	[[ $output == *'"initramfs_older":true'* ]]
	validate show.schema.json <(echo "$output")
}

@test "the store has changed: a fault for check, but not for a check of devices" {
	build
	boot
	silently driverctl check
	put "$STORE/platform-reg-dummy" none
	driverctl check
	expect 1 "$WORD" ""
	silently driverctl check 01:00.0
	driverctl --json check
	[ "$status" = 1 ]
	[[ $output == *'"code":"initramfs-older"'* ]]
	validate check.schema.json <(echo "$output")
}

@test "set and unset say so at a terminal, and with -v, if they have succeeded" {
	build
	boot
	prints "driverctl: $WORD" at_terminal set-override 01:00.0 none
	silently driverctl set-override 01:00.0 none
	driverctl -v set-override 01:00.0 none
	[ "$status" = 0 ]
	[ "${stderr##*$'\n'}" = "driverctl: $WORD" ]
	at_terminal unset-override 0000:99:00.0
	[ "$status" = 3 ]
	[[ $output != *initramfs* ]]
	prints "driverctl: $WORD" at_terminal unset-override 01:00.0
}

@test "whoever has rebuilt the initramfs is not told to do so, before the reboot and after it" {
	build
	boot
	put "$STORE/pci-0000:01:00.0" vfio-pci
	older
	build
	not_older
	boot
	not_older
}

@test "what counts as a change: a driver, a policy, a rule, one more or less" {
	mkdir -p "$STORE/policy" "$STORE/rules"
	put "$STORE/rules/10-a.rule" "[match]" "class = 02" "[override]" "driver = none"
	put "$STORE/policy/pci-0000:01:00.0.ini" "[override]" "driver = none"
	build
	boot
	local files=(pci-0000:01:00.0 policy/pci-0000:01:00.0.ini rules/10-a.rule) file
	for file in "${files[@]}"; do
		echo "# $file"
		cp "$STORE/$file" "$BATS_TEST_TMPDIR/kept"
		echo "; more" >>"$STORE/$file"
		older
		rm "$STORE/$file"
		older
		cp "$BATS_TEST_TMPDIR/kept" "$STORE/$file"
		not_older
	done
	put "$STORE/rules/20-b.rule" ""
	older
	mv "$STORE/rules/20-b.rule" "$STORE/rules/.20-b.rule.new"
	put "$STORE/policy/pci-0000:02:00.0.ini" "[override]" "driver = none"
	put "$STORE/README" "no override"
	put "$STORE/pci-0000:01:00.0" "none" ""
	not_older
}

@test "a umask keeps no user from the comparison" {
	build
	rm -rf "$TREE/run/driverctl"
	(umask 077 && boot)
	[ "$(stat -c %a "$TREE/run/driverctl/image")" = 644 ]
}

@test "the mark cannot be read or written: a boot is not kept from its overrides" {
	build
	rm "$IMAGE/etc/driverctl.d/image"
	mkdir "$IMAGE/etc/driverctl.d/image"
	run_in_tree bash -c 'mount -n --bind "$1" /etc/driverctl.d && shift && exec "$@"' - \
		"$IMAGE/etc/driverctl.d" "$DRIVERCTL" load-override --all --early
	expect 1 "" "driverctl: cannot note what the initramfs was built from: Bad message"
	[ "$(cat "$(device_dir pci 0000:01:00.0)/driver_override")" = none ]
	not_older
}
