/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether the block devices of a device are in use.
 */
#pragma once

#include "kernel/device.h"

struct block_claim {
	enum block_claim_kind {
		BLOCK_FREE,
		BLOCK_UNKNOWN, /* @node could not be opened: @error */
		BLOCK_CLAIMED, /* @node is in use by something without a name */
		BLOCK_PART,    /* @node is part of the block device @user */
		BLOCK_SWAP,    /* @node is swap */
		BLOCK_MOUNT,   /* @node is mounted at @user */
	} kind;
	int error;                 /* -errno */
	char node[SYSFS_NAME_MAX]; /* /dev/... */
	char user[PATH_MAX];
};

/**
 * block_find_claim - find what uses one of the block devices of a device
 * @ret: if several are in use, the kind that says most
 *
 * Each disk and each partition is opened exclusively. The kernel refuses this while it is mounted
 * in any namespace, is swap, or belongs to device-mapper, md, btrfs or ZFS. A block device that
 * cannot be opened for another reason, for example because its node is missing, counts as in use.
 *
 * Return: 0; -errno if the block devices could not be listed.
 * Source: bd_prepare_to_claim() in Linux block/bdev.c; open(2) on O_EXCL for block devices.
 */
int block_find_claim(const struct device *dev, struct block_claim *ret);

/**
 * block_hold - open the disks of a device exclusively, and keep them open
 * @fds, @n: the descriptors, added to; owned by the caller, also after a failure
 *
 * While a disk is open so, nothing can mount it or one of its partitions.
 *
 * Return: 0; -EBUSY if a disk is in use; -ENOMEM; -errno if the block devices could not be listed.
 * Source: bd_may_claim() in Linux block/bdev.c: the holder of a whole disk excludes every holder of
 * its partitions.
 */
int block_hold(const struct device *dev, int **fds, size_t *n);
