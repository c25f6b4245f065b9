/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * IOMMU groups: the smallest sets of devices that can be assigned to a guest together.
 */
#pragma once

#include "kernel/chardev.h"

struct iommu_member {
	struct device dev;
	char driver[SYSFS_NAME_MAX]; /* "" for none */
	bool bridge;                 /* cannot be assigned, and need not be */
	bool vfio;                   /* a VFIO device */
};

struct iommu_group {
	char name[SYSFS_NAME_MAX]; /* its number; "" if the device has no group */
	struct iommu_member *members;
	size_t n_members; /* sorted by name */
};

/**
 * iommu_read - read the group of a device
 * @ret: freed with iommu_free(); without members if the device has no group
 *
 * Return: 0; -ENOMEM; -errno of reading the group's directory.
 */
int iommu_read(const struct device *dev, struct iommu_group *ret);

/**
 * iommu_read_group - read a group by its number
 * @name: a valid name
 * @ret: freed with iommu_free()
 *
 * Return: 0; -ENOENT if the group does not exist; -ENOMEM; other -errno of reading its directory.
 */
int iommu_read_group(const char *name, struct iommu_group *ret);

/**
 * iommu_has_group - whether a device is in an IOMMU group
 *
 * Without a group, the device cannot be assigned to a guest, and a VFIO driver refuses it with
 * EINVAL, unless the module vfio has enable_unsafe_noiommu_mode.
 *
 * Source: vfio_device_set_group() in Linux drivers/vfio/group.c.
 */
bool iommu_has_group(const struct device *dev);

/**
 * iommu_list - list the groups by their numbers
 * @ret_names: owned by the caller (util_strv_freep()); NULL for none
 *
 * Return: 0; -ENOENT if the kernel knows no groups; -ENOMEM; other -errno of reading the directory.
 */
int iommu_list(char ***ret_names);

/** iommu_is_enabled - whether there is any IOMMU group */
bool iommu_is_enabled(void);

/**
 * iommu_obstacle - the first member that keeps a group from being assigned to a guest
 *
 * A group is viable if each member has a VFIO driver, has no driver, or has one of the two drivers
 * that leave DMA to others: pcieport and pci-stub. A bridge on another driver, for example shpchp,
 * makes it not viable.
 *
 * Return: a member, or NULL if the group is viable.
 * Source: iommu_device_use_default_domain() in Linux drivers/iommu/iommu.c, since 5.19, and the
 * drivers with .driver_managed_dma: drivers/pci/pcie/portdrv.c and drivers/pci/pci-stub.c.
 */
const struct iommu_member *iommu_obstacle(const struct iommu_group *group);

/** iommu_is_obstacle - whether a member keeps its group from being assigned to a guest */
bool iommu_is_obstacle(const struct iommu_member *member);

/**
 * iommu_may_be_open - whether a process may have the node of a group, or of a member, open
 *
 * VFIO's entry for the group outlasts the device: it also exists while a blocked unbind waits for
 * the process that has the group open. A kernel without VFIO groups (iommufd only) does not tell,
 * and the answer is true.
 *
 * Source: vfio_unregister_group_dev() in Linux drivers/vfio/vfio_main.c and vfio_group_alloc() in
 * drivers/vfio/group.c.
 */
bool iommu_may_be_open(const struct iommu_group *group);

/** A node of a group. */
struct iommu_node {
	char name[SYSFS_NAME_MAX]; /* below /dev/vfio: "7", or "noiommu-7" */
	dev_t number;
};

#define IOMMU_NODES_MAX 2

/**
 * iommu_list_nodes - the nodes of a group
 * @ret: IOMMU_NODES_MAX of them
 * @ret_n: their number; 0 if no member is a VFIO device, or the kernel has no VFIO groups
 *
 * Return: 0; otherwise -errno of chardev_read().
 * Source: vfio_create_group() in Linux drivers/vfio/group.c, before 6.2 in vfio_main.c.
 */
int iommu_list_nodes(const struct iommu_group *group, struct iommu_node *ret, size_t *ret_n);

/** iommu_free - free what iommu_read() or iommu_read_group() allocated */
void iommu_free(struct iommu_group *group);
