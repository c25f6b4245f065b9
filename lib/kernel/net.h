/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Network interfaces, as links and directories below /sys/class/net show them.
 */
#pragma once

#include "kernel/device.h"

/**
 * net_list - the network interfaces of a device, sorted by name
 * @ret_names: owned by the caller (util_strv_freep()); NULL for none. After a failure, it has those
 *             that were found.
 *
 * Only the interfaces of the caller's network namespace are visible.
 *
 * Return: 0; -ENOMEM; the first -errno of reading the directory or one of its links.
 */
int net_list(const struct device *dev, char ***ret_names);

/**
 * net_uppers - the interfaces directly above an interface: a bridge, bond, team or VLAN
 * @ret_names: owned by the caller (util_strv_freep()); NULL for none
 *
 * Return: 0, also if @interface was removed; -ENOMEM; -errno of reading the directory.
 * Source: netdev_adjacent_sysfs_add() in Linux net/core/dev.c.
 */
int net_uppers(const char *interface, char ***ret_names);
