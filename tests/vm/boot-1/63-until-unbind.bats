#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031 # each test is a subshell
# A device that comes into use while driverctl is at work on it: a disk is never unbound under a mount.

load ../guest

MODPROBE=/etc/modprobe.d/dctl-test.conf

setup()
{
	dev=$data_card
	wait_for 10 test -b /dev/vdb
	mkfs.ext4 -q -F /dev/vdb
}

teardown()
{
	rm -f "$MODPROBE"
	umount -q /mnt || :
	all_native
	wait_for 10 test -b /dev/vdb
	dd if=/dev/zero of=/dev/vdb bs=1M count=16 conv=fsync status=none
}

logged() { journalctl -b -t driverctl _TRANSPORT=syslog -o cat | grep -qF "$1"; }

# mounts_while_loading MODULE: the disk is mounted while modprobe loads the module.
mounts_while_loading()
{
	modprobe -qr "$1" || :
	echo "install $1 /bin/sh -c \"mount /dev/vdb /mnt; modprobe --ignore-install $1\"" >"$MODPROBE"
}

@test "a disk that is mounted while the module loads: refused, and what was written is there" {
	mounts_while_loading vfio_pci
	fails 4 "in use: /dev/vdb is mounted at /mnt; still on 'virtio-pci', nothing changed" \
		driverctl set-override "$dev" vfio-pci
	untouched "$dev" virtio-pci
	echo "written after" >/mnt/file
	umount /mnt
	mount /dev/vdb /mnt
	is "$(</mnt/file)" "written after"
	rm "$MODPROBE"
	umount /mnt
	silently driverctl set-override "$dev" vfio-pci
	overridden "$dev" vfio-pci
}

# While modprobe loads the native driver, the disk appears and is mounted, and the time runs out.
@test "a disk that is mounted while its native driver takes longer than the timeout: it stays" {
	dev=$nvme
	wait_for 10 test -b /dev/nvme0n1
	mkfs.ext4 -q -F /dev/nvme0n1
	driverctl set-override "$dev" vfio-pci
	modprobe -r nvme
	cat >"$MODPROBE" <<-"EOF"
		install nvme /bin/sh -c "modprobe --ignore-install nvme; \
			until mount /dev/nvme0n1 /mnt; do :; done; echo before >/mnt/before; until test -e /run/expired; do :; done"
	EOF
	fails 6 "$dev: probing the native driver not finished after 3 s" \
		driverctl --timeout=3 unset-override "$dev"
	: >/run/expired
	wait_for 20 untouched "$dev" nvme
	wait_for 10 logged "$dev: finished after the timeout; now on 'nvme'"
	rm /run/expired
	echo after >/mnt/after
	umount /mnt
	mount /dev/nvme0n1 /mnt
	is "$(cat /mnt/before /mnt/after)" $'before\nafter'
	umount /mnt
}

@test "unset of a device on vfio-pci without an override: its native driver takes it" {
	silently driverctl --nosave set-override "$dev" vfio-pci
	echo >"$devices/$dev/driver_override"
	is "$(state "$dev")" "vfio-pci (none) (none)"
	silently driverctl unset-override "$dev"
	untouched "$dev" virtio-pci
}

# The kernel logs an error of the file system if its disk is taken away under a mount.
@test "a race of mounts and overrides: the disk is never unbound while it is mounted" {
	local n=0 n_set=0 n_mounted=0 races=${RACES:-10}
	silently driverctl --nosave set-override "$dev" vfio-pci
	silently driverctl --nosave unset-override "$dev"
	dmesg -C
	(while :; do
		mount /dev/vdb /mnt 2>/dev/null && echo mounted && umount /mnt
	done >"$BATS_TEST_TMPDIR/mounts" 3>&-) &
	# More if not one was set yet.
	for ((n = 0; n < races || (n_set == 0 && n < 20 * races); n++)); do
		! driverctl --nosave set-override "$dev" vfio-pci 2>/dev/null || n_set=$((n_set + 1))
		driverctl --nosave unset-override "$dev" 2>/dev/null || :
	done
	kill $!
	wait $! || :
	n_mounted=$(wc -l <"$BATS_TEST_TMPDIR/mounts")
	echo "# $n_set of $n overrides were set, between $n_mounted mounts" >&3
	[ "$n_set" -gt 0 ]
	[ "$n_mounted" -gt 0 ]
	run ! grep -E 'I/O error|EXT4-fs error|JBD2: Error|lost async page write' <(dmesg)
}
