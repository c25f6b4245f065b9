/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who uses a device: what would be lost if its driver were taken away.
 */
#pragma once

#include "iommu.h"

#include <sys/types.h>

enum holder_kind {
	HOLDER_NONE,
	HOLDER_MOUNT,     /* @node is mounted at @user */
	HOLDER_SWAP,      /* @node is swap */
	HOLDER_DEVICE,    /* @node is part of the block device @user */
	HOLDER_CLAIMED,   /* @node is claimed by something that leaves no name */
	HOLDER_PROCESS,   /* @node is open in process @pid, whose program is @user */
	HOLDER_FUNCTIONS, /* @user (a number) virtual functions are enabled on it */
	HOLDER_MDEVS,     /* @user (a number) mediated devices are active on it */
	HOLDER_ROUTE,     /* interface @node carries the default route, through @user unless "" */
	HOLDER_UNKNOWN,   /* @node could not be opened: @error */
};

struct holder {
	enum holder_kind kind;
	int error;
	pid_t pid;
	char node[SYSFS_NAME_MAX]; /* /dev/... */
	char user[PATH_MAX];
	size_t unseen; /* processes that could not be looked into */
};

/**
 * holder_find - the first use of a device that forbids to take its driver away
 * @dev: a device that is present
 * @all: look for a default route and for open drm and accel nodes too, which do not forbid a load
 * @ret: kind HOLDER_NONE where nothing uses it, as far as could be seen: see @unseen
 *
 * A VFIO group that a process has open is in use with all its devices, and so is one with a member
 * whose own node (iommufd) is open. Both are found by the open nodes: the driver link and vfio-dev/
 * vanish as soon as an unbind has begun. While a device is without a driver, an open node that has
 * been deleted may be its own, and counts.
 *
 * Return: 0, or -errno where the group or the block devices could not be listed.
 */
int holder_find(const struct device *dev, bool all, struct holder *ret);

/** holder_find_disk - holder_find() of its disks alone. @ret: set to HOLDER_NONE before */
int holder_find_disk(const struct device *dev, struct holder *ret);
