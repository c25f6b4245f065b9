/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether the block devices of devices are in use.
 */
#pragma once

#include "use/mounts.h"
#include "use/uses.h"

struct device;

/**
 * block_find - find what uses the block devices of devices
 * @flags: USE_FIND_NAMED: without opening them
 * @mounts: read if they are needed
 * @uses: @n of them, added to
 *
 * Each disk and each partition is opened exclusively. The kernel refuses this while it is mounted
 * in any namespace, is swap, or belongs to device-mapper, md, btrfs or ZFS. A block device that
 * cannot be opened for another reason, for example because its node is missing, counts as in use.
 *
 * The open could make a mount fail that is made at this moment; with USE_FIND_NAMED only uses that
 * have a name are found. Those are mounts that the caller sees, swaps, and what is built on the
 * block device. A disk that the kernel refuses because of its partitions is not named itself.
 *
 * Errors are -ENOMEM, and -errno if the block devices could not be listed.
 * Source: bd_prepare_to_claim() in Linux block/bdev.c; open(2) on O_EXCL for block devices.
 */
void block_find(const struct device *devices, size_t n, unsigned int flags, struct mounts *mounts,
	struct uses *uses);

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
