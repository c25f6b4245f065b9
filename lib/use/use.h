/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who uses a device: what would be lost if its driver were taken away.
 */
#pragma once

#include "use/uses.h"

struct device;

/**
 * use_gather - find all uses of devices that forbid taking their drivers away
 * @devices, @n: devices that are present
 * @caller: who asks; NULL for the load of a saved override, which neither the network nor open
 *          nodes other than those of VFIO forbid
 * @flags: of enum use_flags
 * @ret: @n of them, set; each is freed with uses_free(), also after a failure. What was found is
 *       there even if something else could not be read.
 *
 * Processes, mounts, swaps, routes and connections are looked at once for all of the devices.
 *
 * Return: 0; otherwise the first error of @ret: -ENOMEM; -errno of looking into /proc, or of
 * reading the group, the mediated devices, the interfaces or the block devices.
 */
int use_gather(const struct device *devices, size_t n, const struct use_caller *caller,
	unsigned int flags, struct uses *ret);

/** A claim: what keeps the disks of a device from being used. */
struct use_claim {
	int *fds;
	size_t n;
};

/**
 * use_claim - use_gather() for one device, and keep the answer true for disks
 * @ret: as use_gather()
 * @ret_claim: empty before; to be ended by use_release(), also after a failure. If nothing uses the
 *             device, nothing can mount its disks until then.
 *
 * A use that is no disk may begin at any time.
 *
 * Return: as use_gather(); -EBUSY if a disk came into use between the two, and is free again.
 */
int use_claim(const struct device *dev, const struct use_caller *caller, struct uses *ret,
	struct use_claim *ret_claim);

/** use_release - give a claim up; also for use as a cleanup function */
void use_release(struct use_claim *claim);

/** use_is_free - whether uses are none, and every process could be looked into */
bool use_is_free(const struct uses *uses);
