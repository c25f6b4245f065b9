/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mediated devices of a parent: the types it offers, and those that are active.
 */
#pragma once

#include "kernel/device.h"

struct mdev_type {
	char id[SYSFS_NAME_MAX];         /* nvidia-63 */
	char name[SYSFS_NAME_MAX];       /* for people; "" where the driver has none */
	char device_api[SYSFS_NAME_MAX]; /* vfio-pci */
	char available[32];              /* instances that can still be made; "" where unknown */
};

struct mdev_child {
	char uuid[SYSFS_NAME_MAX];
	char type[SYSFS_NAME_MAX];
};

struct mdev_parent {
	struct mdev_type *types;
	size_t n_types;
	struct mdev_child *children;
	size_t n_children;
};

/**
 * mdev_read - what a device offers
 * @ret: given back by mdev_free(); empty for a device that is no parent
 *
 * Return: 0, -ENOMEM, or -errno of reading the folders.
 * Source: Linux Documentation/driver-api/vfio-mediated-device.rst, "Directories and Files Under the
 * sysfs for Each Physical Device".
 */
int mdev_read(const struct device *dev, struct mdev_parent *ret);

/** mdev_free - give back what mdev_read() allocated. */
void mdev_free(struct mdev_parent *parent);
