#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# guest: trixie
# What has a device open that is no virtual machine: a program with an I2C bus; on a disk, dm-crypt, a
# swap file and zram.

load ../guest

setup()
{
	dev=$data_card
	wait_for 10 test -b /dev/vdb
}

teardown()
{
	[ ! -p "$BATS_TEST_TMPDIR/pipe" ] || release
	swapoff -a
	umount -q /mnt || :
	[ ! -b /dev/mapper/dctl ] || cryptsetup close dctl
	modprobe -r zram
	all_native
	wait_for 10 test -b /dev/vdb
	dd if=/dev/zero of=/dev/vdb bs=1M count=20 conv=fsync status=none
}

refused_by_hand()
{
	fails 4 "driverctl: $dev: in use: $1; still on 'virtio-pci', nothing changed" \
		driverctl set-override "$dev" vfio-pci
	untouched "$dev" virtio-pci
}

# refused_while_mounted USE [NEXT]: what was written before and after is there. show has both uses.
refused_while_mounted()
{
	echo before >/mnt/before
	refused_by_hand "$1${2:+ (and 1 more use)}"
	echo after >/mnt/after
	sync -f /mnt
	is "$(cat /mnt/before /mnt/after)" "before
after"
	has "$(driverctl show "$dev")" "in use       $1${2:+
               $2}"
}

@test "a disk below dm-crypt, in the end of a swap file, and one that zram writes to" {
	echo secret | cryptsetup luksFormat --batch-mode --key-file=- --pbkdf pbkdf2 \
		--pbkdf-force-iterations 1000 /dev/vdb
	echo secret | cryptsetup open --key-file=- /dev/vdb dctl
	refused_by_hand "/dev/vdb is part of /dev/mapper/dctl"
	mkfs.ext4 -q -F /dev/mapper/dctl
	mkdir -p /run/second
	mount /dev/mapper/dctl /mnt
	mount /dev/mapper/dctl /run/second
	refused_while_mounted "/dev/mapper/dctl is mounted at /mnt" \
		"/dev/mapper/dctl is mounted at /run/second"
	umount /run/second /mnt
	cryptsetup close dctl

	mkfs.ext4 -q -F /dev/vdb
	# A mount without a type takes it for LUKS still, as Debian sid has it.
	mount -t ext4 /dev/vdb /mnt
	dd if=/dev/zero of=/mnt/swap bs=1M count=8 status=none
	chmod 600 /mnt/swap
	mkswap -q /mnt/swap
	swapon /mnt/swap
	refused_while_mounted "/dev/vdb is mounted at /mnt"
	# The file has no path any more, and keeps the disk.
	umount -l /mnt
	refused_by_hand "/dev/vdb is in use by the kernel: mounted elsewhere, or part of a volume"
	mount -t ext4 /dev/vdb /mnt
	swapoff /mnt/swap
	umount /mnt

	modprobe zram
	echo /dev/vdb >/sys/block/zram0/backing_dev
	refused_by_hand "/dev/vdb is in use by the kernel: mounted elsewhere, or part of a volume"
	echo 1 >/sys/block/zram0/reset
	silently driverctl set-override "$dev" vfio-pci
}

# hold NODE: open it in a program, until something is written to the pipe.
hold()
{
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	# shellcheck disable=SC2016 # the shell's own
	sh -c 'exec 9<"$0" && echo ready && read -r _ <"$1"' "$1" "$BATS_TEST_TMPDIR/pipe" \
		>"$BATS_TEST_TMPDIR/held" 3>&- &
	holder=$!
	wait_for 10 grep -q ready "$BATS_TEST_TMPDIR/held"
}

release()
{
	echo >"$BATS_TEST_TMPDIR/pipe"
	wait "$holder"
	rm "$BATS_TEST_TMPDIR/pipe"
}

@test "a node of the device that a program has open, at a driver that would wait for it" {
	local node why
	dev=$smbus
	wait_for 10 driver_is "$dev" i801_smbus
	modprobe i2c-dev
	node=/dev/$(basename "$devices/$dev"/i2c-*)
	wait_for 10 test -c "$node"
	hold "$node"
	why="in use: $node is open in sh (pid $holder)"
	fails 4 "$dev: $why; still on 'i801_smbus', nothing changed" driverctl set-override "$dev" vfio-pci
	untouched "$dev" i801_smbus
	has "$(driverctl show "$dev")" "in use       ${why#in use: }"
	release
	silently driverctl set-override "$dev" vfio-pci
	overridden "$dev" vfio-pci
	silently driverctl unset-override "$dev"
	untouched "$dev" i801_smbus
}
