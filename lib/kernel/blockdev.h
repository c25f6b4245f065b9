/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Block devices, as /sys/class/block shows them: disks and partitions by their kernel names
 * (nvme0n1p1, cciss!c0d0).
 */
#pragma once

#include "kernel/device.h"

/**
 * blockdev_list - the block devices of a device, sorted by name
 * @ret_names: owned by the caller (util_strv_freep()); NULL for none
 *
 * With multipath, the disk of an NVMe controller is in the directory of its subsystem, not below
 * the card. It is in this list, too.
 *
 * Return: 0, also if the kernel has no block devices; -ENOMEM; -errno of reading a directory or a
 * link.
 * Source: nvme_mpath_alloc_disk() in Linux drivers/nvme/host/multipath.c.
 */
int blockdev_list(const struct device *dev, char ***ret_names);

/**
 * blockdev_read - read an attribute of a block device: "dev", "dm/name", "hidden"
 * @buf: "" if it cannot be read
 */
void blockdev_read(const char *block, const char *name, char *buf, size_t size);

/**
 * blockdev_holders - the block devices that are built on a block device
 * @ret_names: owned by the caller (util_strv_freep()); NULL for none
 *
 * Return: 0; -ENOMEM; -errno of reading the directory.
 */
int blockdev_holders(const char *block, char ***ret_names);

/** blockdev_is_part - whether a block device is a partition of a disk */
bool blockdev_is_part(const char *block, const char *disk);

/**
 * blockdev_loops - the loop devices that a node backs
 * @node: a path, as losetup(8) got it
 * @ret_names: owned by the caller (util_strv_freep()); NULL for none
 *
 * Return: 0; -ENOMEM; -errno of reading /sys/class/block or a backing file.
 */
int blockdev_loops(const char *node, char ***ret_names);
