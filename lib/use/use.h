/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The uses of a device that would be lost if its driver were taken away.
 */
#pragma once

#include "kernel/iommu.h"
#include "use/peer.h"

/**
 * use_find - find all uses of a device that forbid taking its driver away
 * @dev: a device that is present
 * @by_hand: who asks; NULL for a load, which neither the network nor open nodes other than those of
 *           VFIO forbid
 * @ret: set; freed with uses_free(), also after a failure. It is empty if nothing uses the device,
 *       as far as could be seen (@ret->unseen).
 *
 * Processes are found by their open nodes (process.h): if one has a VFIO group open, or the node of
 * a member (iommufd), all devices of the group are in use.
 *
 * Return: 0; -ENOMEM; the first -errno of looking into /proc, or of reading the group, the mediated
 * devices, the interfaces or the block devices. Then @ret has the uses that were found all the
 * same.
 */
int use_find(const struct device *dev, const struct use_caller *by_hand, struct uses *ret);

/**
 * use_find_named - use_find() by hand for people to read, not to decide by: opens no disk and no
 * node, and does not find the uses of a disk that have no name (block_find_named())
 */
int use_find_named(const struct device *dev, const struct use_caller *by_hand, struct uses *ret);

/** A claim: what keeps the disks of a device from being used. */
struct use_claim {
	int *fds;
	size_t n;
};

/**
 * use_claim - use_find(), and keep the answer true for disks
 * @ret: as use_find()
 * @ret_claim: empty before; to be ended by use_release(), also after a failure. If nothing uses the
 *             device, nothing can mount its disks until then.
 *
 * A use that is no disk may begin at any time.
 *
 * Return: as use_find(); -EBUSY if a disk came into use between the two, and is free again.
 */
int use_claim(const struct device *dev, const struct use_caller *by_hand, struct uses *ret,
	struct use_claim *ret_claim);

/** use_release - give a claim up; also for use as a cleanup function */
void use_release(struct use_claim *claim);

/** use_is_free - whether uses are none, and every process could be looked into */
bool use_is_free(const struct uses *uses);

/** use_find_disks - use_find() for the block devices alone */
int use_find_disks(const struct device *dev, struct uses *ret);
