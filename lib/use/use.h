/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What uses a device, and would be lost if its driver were taken away.
 */
#pragma once

#include "kernel/iommu.h"

#include <sys/types.h>

enum use_kind {
	USE_NONE,
	USE_MOUNT,     /* @node is mounted at @user */
	USE_SWAP,      /* @node is swap */
	USE_DEVICE,    /* @node is part of the block device @user */
	USE_CLAIMED,   /* @node is in use by something without a name */
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
 * use_find - find the first use of a device that forbids taking its driver away
 * @dev: a device that is present
 * @all: also look for a default route and for open drm and accel nodes, which do not forbid a load
 * @ret: kind USE_NONE if nothing uses the device, as far as could be seen (@unseen)
 *
 * If a process has a VFIO group open, or the node of a member (iommufd), all devices of the group
 * are in use. Both are found by the open nodes, because the driver link and vfio-dev/ vanish when
 * an unbind has begun. If a device has no driver, a deleted node that is open may be its own, and
 * counts.
 *
 * Return: 0; -ENOMEM; -errno if the group, the mediated devices, the interfaces or the block
 * devices could not be read.
 */
int use_find(const struct device *dev, bool all, struct use *ret);

/** A claim: what keeps the disks of a device from being used. */
struct use_claim {
	int *fds;
	size_t n;
};

/**
 * use_claim - use_find(), and keep the answer true for disks
 * @ret_claim: empty before; to be ended by use_release(), also after a failure. If nothing uses the
 *             device, nothing can mount its disks until then.
 *
 * A use that is no disk may begin at any time.
 *
 * Return: as use_find(); -EBUSY if a disk came into use between the two.
 */
int use_claim(const struct device *dev, bool all, struct use *ret, struct use_claim *ret_claim);

/** use_release - give a claim up; also for use as a cleanup function */
void use_release(struct use_claim *claim);

/** use_find_disk - use_find() for the block devices alone. @ret: its kind was USE_NONE */
int use_find_disk(const struct device *dev, struct use *ret);
