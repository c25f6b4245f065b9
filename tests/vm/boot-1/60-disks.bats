#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031 # each test is a subshell
# A disk in use, in every way that Linux knows: its card keeps its driver.

load ../guest

setup()
{
	dev=$data_card
	wait_for 10 test -b /dev/vdb
}

teardown()
{
	[ -z "$elsewhere" ] || kill "$elsewhere"
	swapoff -a
	umount -q /mnt || :
	losetup -D
	! vgs dctl >/dev/null 2>&1 || vgremove -qq -ff dctl
	[ ! -b /dev/md0 ] || mdadm --quiet --stop /dev/md0
	systemctl reset-failed
	all_native
	wait_for 10 test -b /dev/vdb
	# The next test must not find the signatures of this one.
	dd if=/dev/zero of=/dev/vdb bs=1M count=16 conv=fsync status=none
	partx -d /dev/vdb 2>/dev/null || :
}

# refused_by_hand REASON: the device is in use for this reason, also in `show`, and stays as it was.
refused_by_hand()
{
	fails 4 "driverctl: $dev: in use: $1; " driverctl set-override "$dev" vfio-pci
	has "$stderr" "; still on 'virtio-pci', nothing changed (use --force to proceed anyway)"
	untouched "$dev" virtio-pci
	has "$(driverctl show "$dev")" "in use       $1"
}

# refused REASON: by hand, and by the unit.
refused()
{
	refused_by_hand "$1"
	unit_refuses "$dev" "$1"
}

# refused_unnamed: /dev/vdb is in use by something that has no name. Only an exclusive open finds it, and
# show opens no disk.
refused_unnamed()
{
	local use="/dev/vdb is in use by the kernel: mounted elsewhere, or part of a volume"

	fails 4 "$dev: in use: $use; " driverctl set-override "$dev" vfio-pci
	untouched "$dev" virtio-pci
	unit_refuses "$dev" "$use"
	has "$(driverctl show "$dev")" "in use       no"
}

make_fs() { mkfs.ext4 -q -F "$1"; }

@test "a disk that is not in use is not refused" {
	make_fs /dev/vdb
	has "$(driverctl show "$dev")" "in use       no"
	silently driverctl set-override "$dev" vfio-pci
	overridden "$dev" vfio-pci
	silently driverctl unset-override "$dev"
	untouched "$dev" virtio-pci
	echo vfio-pci >"$store/pci-$dev"
	systemctl start "driverctl@pci-$dev.service"
	overridden "$dev" vfio-pci
}

@test "the root disk; a mounted partition; swap" {
	dev=$root_card
	refused "/dev/vda is mounted at /"
	touch /root/still-there
	dev=$data_card
	# A table with one partition, of 64 MiB from 1 MiB on, and its signature.
	printf '\0\0\0\0\x83\0\0\0\0\x08\0\0\0\0\x02\0' | dd of=/dev/vdb bs=1 seek=446 status=none
	printf '\x55\xaa' | dd of=/dev/vdb bs=1 seek=510 conv=fsync status=none
	partx -u /dev/vdb
	wait_for 10 test -b /dev/vdb1
	make_fs /dev/vdb1
	mount /dev/vdb1 /mnt
	refused_by_hand "/dev/vdb1 is mounted at /mnt"
	umount /mnt
	partx -d /dev/vdb
	mkswap -q /dev/vdb || mkswap /dev/vdb
	swapon /dev/vdb
	refused "/dev/vdb is swap"
}

@test "LVM: a logical volume that is active, one that is mounted, none" {
	pvcreate -qq -y /dev/vdb
	vgcreate -qq --setautoactivation n dctl /dev/vdb
	lvcreate -qq -y -L 32m -n data dctl
	refused "/dev/vdb is part of /dev/mapper/dctl-data"
	make_fs /dev/dctl/data
	mount /dev/dctl/data /mnt
	refused_by_hand "/dev/mapper/dctl-data is mounted at /mnt"
	umount /mnt
	vgchange -qq -an dctl
	silently driverctl set-override "$dev" vfio-pci
	overridden "$dev" vfio-pci
	silently driverctl unset-override "$dev"
	wait_for 10 test -b /dev/vdb
}

@test "md: an array that runs, and one that is mounted" {
	mdadm --quiet --create /dev/md0 --run --metadata=1.2 --bitmap=none --level=1 --raid-devices=2 \
		/dev/vdb missing 3>&-
	refused "/dev/vdb is part of /dev/md0"
	make_fs /dev/md0
	mount /dev/md0 /mnt
	refused_by_hand "/dev/md0 is mounted at /mnt"
}

@test "btrfs: a file system over two disks that is mounted by the name of the other one" {
	mkfs.btrfs -q -f -m single -d single /dev/nvme0n1 /dev/vdb
	mount /dev/nvme0n1 /mnt
	refused_unnamed
	umount /mnt
	wipefs -qa /dev/nvme0n1
}

@test "a loop device on the disk, or on a file of the disk" {
	make_fs /dev/vdb
	losetup /dev/loop0 /dev/vdb
	refused "/dev/vdb is part of /dev/loop0"
	mount /dev/loop0 /mnt
	refused_by_hand "/dev/loop0 is mounted at /mnt"
	umount /mnt
	losetup -d /dev/loop0

	# On a file of the disk, whose mount is not visible any more
	mount /dev/vdb /mnt
	truncate -s 1M /mnt/file
	losetup /dev/loop0 /mnt/file
	umount -l /mnt
	refused_unnamed
}

@test "a mount in another mount namespace" {
	make_fs /dev/vdb
	unshare -m sh -c 'mount /dev/vdb /mnt && echo ready && exec sleep 600' \
		>"$BATS_TEST_TMPDIR/mounted" 3>&- &
	elsewhere=$!
	wait_for 20 grep -q ready "$BATS_TEST_TMPDIR/mounted"
	run ! grep -q " /mnt " /proc/self/mountinfo
	refused_unnamed
	kill "$elsewhere"
	wait "$elsewhere" || elsewhere=
	is "$elsewhere" ""
	silently driverctl set-override "$dev" vfio-pci
}

has_two_paths() { [ "$(compgen -G "/sys/class/nvme-subsystem/*/nvme[0-9]*" | grep -cv n1)" -eq 2 ]; }

@test "an NVMe disk with multipath: each of its cards" {
	qmp device_add '{"driver": "nvme", "bus": "rp6", "id": "plugged", "serial": "nvme0",
		"subsys": "sub0"}'
	wait_for 20 driver_is 0000:06:00.0 nvme
	wait_for 20 has_two_paths
	# Below neither card is a disk that could be opened.
	run ! compgen -G "$devices/$nvme/nvme/nvme*/nvme*n1/dev"
	make_fs /dev/nvme0n1
	mount /dev/nvme0n1 /mnt
	for dev in "$nvme" 0000:06:00.0; do
		fails 4 "driverctl: $dev: in use: /dev/nvme0n1 is mounted at /mnt; still on 'nvme'" \
			driverctl set-override "$dev" vfio-pci
		untouched "$dev" nvme
		has "$(driverctl show "$dev")" "in use       /dev/nvme0n1 is mounted at /mnt"
		unit_refuses "$dev" "/dev/nvme0n1 is mounted at /mnt"
	done
	# An override of the port above a card would take the card away too.
	dev=$(basename "$(dirname "$(realpath "$devices/$nvme")")")
	fails 4 "driverctl: $dev: in use: /dev/nvme0n1 is mounted at /mnt; still on 'pcieport'" \
		driverctl set-override "$dev" none
	untouched "$dev" pcieport
	umount /mnt
	unplug
}

@test "load-override, also by the unit" {
	make_fs /dev/vdb
	mount /dev/vdb /mnt
	echo vfio-pci >"$store/pci-$dev"
	fails 4 "in use: /dev/vdb is mounted at /mnt" driverctl load-override "$dev"
	is "$(state "$dev")" "virtio-pci (none) vfio-pci"
	unit_refuses "$dev" "/dev/vdb is mounted at /mnt"
	is "$(systemctl show -p ExecMainStatus --value "driverctl@pci-$dev.service")" 4
}

@test "the units gave the same reasons" { units_said_why; }
