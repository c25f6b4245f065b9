/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which processes have nodes of devices open.
 */
#pragma once

#include "use/uses.h"

struct device;

/**
 * process_find - find the processes that use devices through character devices
 * @by_hand: look for every character device (chardev_list(), nvidia_list()), not only for those of
 *           VFIO: the group, and the members' own (iommufd)
 * @flags: USE_FIND_NAMED: open no node
 * @uses: @n of them, added to: a use for each process and path; and unseen, if the device has a
 *        node: the processes that the caller may not look into
 *
 * The processes are looked into once, if any device has a node.
 *
 * An open node is known by its number. Its path says nothing: a container has its own /dev, and
 * any user can give any name to a plain file. A descriptor of O_PATH does not count: it opens no
 * device. A file descriptor on its way through a socket, and a mapping whose descriptor was closed,
 * are not found.
 *
 * The kernel deletes the node of a VFIO device when an unbind begins, and its directory in /sys
 * vanishes. If a member of the group has no driver, a deleted node of VFIO may be its own, and
 * counts.
 *
 * If /proc does not show the processes of the host, the kernel is asked: it refuses a second open
 * of a group's node, with EBUSY, and a first one while a member's own node is used for DMA. The
 * open has no effect, except that the group is busy for that moment. For other nodes there is no
 * such question, and for a member's own node no full answer, because it can be open and not yet
 * used: USE_HIDDEN is added if the device has one of these. With USE_FIND_NAMED, it is added for
 * the group, too.
 *
 * Errors are -ENOMEM; -ENOENT if /proc shows no processes; other -errno of reading the group, the
 * character devices, or /proc and directories in it, for example -EMFILE.
 *
 * Source: proc_pid_get_link() in Linux fs/proc/base.c and vfs_statx() in fs/stat.c: statx(2) of a
 * link in /proc/PID/fd looks at the open file itself. proc_fd_getattr() in fs/proc/fd.c: since 6.2
 * the size of the directory is the number of open files, before it was 0. vfio_group_fops_open() in
 * drivers/vfio/group.c, before 6.2 in vfio_main.c: EBUSY for group->opened_file, and since 6.6, the
 * first with members' own nodes, for group->cdev_device_open_cnt. PROC_PID_INIT_INO in
 * include/linux/proc_ns.h: the number of the host's PID namespace.
 */
void process_find(const struct device *devices, size_t n, bool by_hand, unsigned int flags,
	struct uses *uses);
