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

/**
 * net_index - the index of an interface in its network namespace
 *
 * Return: the index; 0 if it cannot be read, for example because the interface was removed.
 */
uint32_t net_index(const char *interface);

/**
 * net_has_hidden - whether a network interface of a device is in another network namespace
 *
 * That is one that /sys does not show: it shows those of one namespace, in most cases the caller's.
 * The kernel makes the directory net/ below a device together with its first interface, and removes
 * it with the last one. The directory itself is visible in each namespace. It counts all of its
 * directories as links, but lists only those of one namespace.
 *
 * Return: 1 if there is one; 0; -errno of reading a directory.
 * Source: get_device_parent() and cleanup_glue_dir() in Linux drivers/base/core.c;
 * kernfs_refresh_inode() in fs/kernfs/inode.c, kernfs_fop_readdir() in fs/kernfs/dir.c.
 */
int net_has_hidden(const struct device *dev);
