/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mediated devices of a parent: the types that it offers, and the devices that are active.
 */
#pragma once

#include "kernel/device.h"

struct mdev_type {
	char id[SYSFS_NAME_MAX];         /* nvidia-63 */
	char name[SYSFS_NAME_MAX];       /* for people; "" if the driver has none */
	char device_api[SYSFS_NAME_MAX]; /* vfio-pci */
	char available[32];              /* instances that can still be created; "" if unknown */
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
 * mdev_read - read the types and the mediated devices of a device
 * @ret: freed with mdev_free(), also after a failure; empty if the device is not a parent
 *
 * Return: 0; -ENOMEM; -errno of reading the directories.
 * Source: Linux Documentation/driver-api/vfio-mediated-device.rst, "Directories and Files Under the
 * sysfs for Each Physical Device".
 */
int mdev_read(const struct device *dev, struct mdev_parent *ret);

/** mdev_free - free what mdev_read() allocated */
void mdev_free(struct mdev_parent *parent);
