/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The block devices of a device, and whether something claims them.
 */
#pragma once

#include "kernel/device.h"

struct block_claim {
	enum block_claim_kind {
		BLOCK_FREE,
		BLOCK_UNKNOWN, /* @node could not be opened: @error */
		BLOCK_CLAIMED, /* @node is claimed by something that leaves no name */
		BLOCK_PART,    /* @node is part of the block device @user */
		BLOCK_SWAP,    /* @node is swap */
		BLOCK_MOUNT,   /* @node is mounted at @user */
	} kind;
	int error;                 /* -errno */
	char node[SYSFS_NAME_MAX]; /* /dev/... */
	char user[PATH_MAX];
};

/**
 * block_find_claim - what claims one of a device's block devices, the kind that says most
 *
 * They and their partitions are tried with an exclusive open, which the kernel refuses while one is
 * mounted in any namespace, is swap, or belongs to device-mapper, md, btrfs or ZFS. mountinfo,
 * swaps and holders/ only name the holder. The disk of an NVMe controller may stand below its
 * subsystem instead of below the card. A block device that cannot be tried, its node missing, say,
 * counts as claimed.
 *
 * Return: 0, or -errno where the block devices could not be listed, or found.
 * Source: bd_prepare_to_claim() in Linux block/bdev.c; open(2) on O_EXCL for block devices.
 */
int block_find_claim(const struct device *dev, struct block_claim *ret);
