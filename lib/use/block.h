/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether the block devices of a device are in use.
 */
#pragma once

#include "kernel/device.h"
#include "use/uses.h"

/**
 * block_find_uses - find what uses the block devices of a device
 * @uses: added to
 *
 * Each disk and each partition is opened exclusively. The kernel refuses this while it is mounted
 * in any namespace, is swap, or belongs to device-mapper, md, btrfs or ZFS. A block device that
 * cannot be opened for another reason, for example because its node is missing, counts as in use.
 *
 * Each mount that the caller sees is a use. A mount in another mount namespace, and a member of
 * btrfs or ZFS, has no name. A disk that the kernel refuses because of its partitions is not named
 * itself.
 *
 * Return: 0; -ENOMEM; -errno if the block devices could not be listed.
 * Source: bd_prepare_to_claim() in Linux block/bdev.c; open(2) on O_EXCL for block devices.
 */
int block_find_uses(const struct device *dev, struct uses *uses);

/**
 * block_find_named - find what uses the block devices of a device, without opening them
 * @uses: added to
 *
 * An exclusive open could make a mount fail that is made at this moment. Without it, a use that has
 * no name is not found.
 *
 * Return: as block_find_uses().
 */
int block_find_named(const struct device *dev, struct uses *uses);

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
