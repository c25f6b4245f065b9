/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * IOMMU groups: the smallest sets of devices that can be given away together.
 */
#pragma once

#include "kernel/device.h"

struct iommu_member {
	struct device dev;
	char driver[SYSFS_NAME_MAX]; /* "" for none */
	bool bridge;                 /* cannot be given away, and need not be */
	bool vfio;                   /* on a VFIO driver */
};

struct iommu_group {
	char name[SYSFS_NAME_MAX]; /* its number; "" where the device is in none */
	struct iommu_member *members;
	size_t n_members; /* sorted by name */
};

/**
 * iommu_read - the group of a device
 * @ret: given back by iommu_free(); without members where the device is in none
 *
 * Return: 0, -ENOMEM, or -errno of reading the group's folder.
 */
int iommu_read(const struct device *dev, struct iommu_group *ret);

/**
 * iommu_obstacle - the first member that keeps the group from being given to a virtual machine
 *
 * A group is viable while each member is on a VFIO driver, on none, or a bridge.
 *
 * Return: a member, or NULL for a viable group.
 * Source: vfio_dev_viable() in Linux drivers/vfio and iommu_group_claim_dma_owner(), which accept
 * pci-stub and bridges' pcieport too.
 */
const struct iommu_member *iommu_obstacle(const struct iommu_group *group);

/** iommu_free - give back what iommu_read() allocated. */
void iommu_free(struct iommu_group *group);
