/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which processes have a node of a device open.
 */
#pragma once

#include "kernel/device.h"
#include "use/uses.h"

/**
 * process_find - find the processes that use a device through a character device
 * @by_hand: look for every character device (chardev_list(), nvidia_list()), not only for those
 *           of VFIO: the group, and the members' own (iommufd)
 * @uses: added to
 *
 * The kernel deletes the node of a VFIO device when an unbind begins, and its directory in /sys
 * vanishes. If a member of the group has no driver, a deleted node of VFIO may be its own, and
 * counts.
 *
 * If /proc does not show the processes of the host, the kernel is asked: it refuses a second open
 * of a group's node, with EBUSY, and a first one while a member's own node is used for DMA. The
 * open has no effect, except that the group is busy for that moment. For other nodes there is no
 * such question, and for a member's own node no full answer, because it can be open and not yet
 * used: USE_HIDDEN is added if the device has one of these.
 *
 * Return: 0; -ENOMEM; -errno of reading the group, the character devices or /proc.
 * Source: vfio_group_fops_open() in Linux drivers/vfio/group.c, before 6.2 in vfio_main.c: EBUSY
 * for group->opened_file, and since 6.6, the first with members' own nodes, for
 * group->cdev_device_open_cnt.
 */
int process_find(const struct device *dev, bool by_hand, struct uses *uses);

/**
 * process_find_named - process_find() by hand, for people to read: opens no node
 *
 * If /proc does not show the processes of the host, USE_HIDDEN is added for a VFIO group, too.
 */
int process_find_named(const struct device *dev, struct uses *uses);
