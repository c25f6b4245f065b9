/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who uses a device: what would be lost if its driver were taken away.
 */
#pragma once

#include "kernel/iommu.h"

#include <sys/types.h>

enum use_kind {
	USE_NONE,
	USE_MOUNT,     /* @node is mounted at @user */
	USE_SWAP,      /* @node is swap */
	USE_DEVICE,    /* @node is part of the block device @user */
	USE_CLAIMED,   /* @node is claimed by something that leaves no name */
	USE_PROCESS,   /* @node is open in process @pid, whose program is @user */
	USE_FUNCTIONS, /* @user (a number) virtual functions are enabled on it */
	USE_MDEVS,     /* @user (a number) mediated devices are active on it */
	USE_ROUTE,     /* interface @node carries the default route, through @user unless "" */
	USE_UNKNOWN,   /* @node could not be opened: @error */
};

struct use {
	enum use_kind kind;
	int error;
	pid_t pid;
	char node[SYSFS_NAME_MAX]; /* /dev/... */
	char user[PATH_MAX];
	size_t unseen; /* processes that could not be looked into */
};

/**
 * use_find - the first use of a device that forbids to take its driver away
 * @dev: a device that is present
 * @all: look for a default route and for open drm and accel nodes too, which do not forbid a load
 * @ret: kind USE_NONE where nothing uses it, as far as could be seen: see @unseen
 *
 * A VFIO group that a process has open is in use with all its devices, and so is one with a member
 * whose own node (iommufd) is open. Both are found by the open nodes: the driver link and vfio-dev/
 * vanish as soon as an unbind has begun. While a device is without a driver, an open node that has
 * been deleted may be its own, and counts.
 *
 * Return: 0, or -errno where the group or the block devices could not be listed.
 */
int use_find(const struct device *dev, bool all, struct use *ret);

/** use_find_disk - use_find() of its disks alone. @ret: set to USE_NONE before */
int use_find_disk(const struct device *dev, struct use *ret);
