/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who uses a device: what would be lost if its driver were taken away.
 */
#pragma once

#include "device.h"

#include <sys/types.h>

enum holder_kind {
	HOLDER_NONE,
	HOLDER_MOUNT,     /* @node is mounted at @user */
	HOLDER_SWAP,      /* @node is swap */
	HOLDER_DEVICE,    /* @node is part of the block device @user */
	HOLDER_CLAIMED,   /* @node is claimed by something that leaves no name */
	HOLDER_PROCESS,   /* @node is open in process @pid, whose program is @user */
	HOLDER_FUNCTIONS, /* @user (a number) virtual functions are enabled on it */
	HOLDER_UNKNOWN,   /* @node could not be opened: @error */
};

struct holder {
	enum holder_kind kind;
	int error;
	pid_t pid;
	char node[SYSFS_NAME_MAX]; /* /dev/... */
	char user[PATH_MAX];
};

/**
 * holder_find - the first use of a device that forbids to take its driver away
 * @dev: a device that is present
 * @ret: kind HOLDER_NONE where nothing uses it
 *
 * A VFIO group that a process has open is in use with all its devices. It is found by the open
 * node: the driver link and vfio-dev/ vanish as soon as an unbind has begun.
 *
 * Its block devices and their partitions are tried with an exclusive open, which the kernel refuses
 * while one is mounted in any namespace, is swap, or belongs to device-mapper, md, btrfs or ZFS.
 * mountinfo, swaps and holders/ only name the holder. The disk of an NVMe controller may stand
 * below its subsystem instead of below the card. A block device that cannot be tried, its node
 * missing, say, counts as used.
 *
 * Return: 0, or -errno where the block devices could not be listed.
 * Source: bd_prepare_to_claim() in Linux block/bdev.c; open(2) on O_EXCL for block devices.
 */
int holder_find(const struct device *dev, struct holder *ret);

/** holder_find_disk - holder_find() of its disks alone. @ret: set to HOLDER_NONE before */
int holder_find_disk(const struct device *dev, struct holder *ret);
