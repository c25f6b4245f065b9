/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which processes have a node open.
 */
#pragma once

#include "kernel/chardev.h"
#include "use/uses.h"

/**
 * fuser_find - find the processes that have one of several character devices open
 * @numbers: not empty
 * @deleted_major: any node of this major number counts if it was deleted; -1 for none
 * @uses: added to, one for each process and path; its unseen counts the processes that the caller
 *        may not look into
 *
 * An open node is known by its number. Its path says nothing: a container has its own /dev, and
 * any user can give any name to a plain file. No node is opened, because that may block.
 *
 * A descriptor of O_PATH does not count: it opens no device.
 *
 * A file descriptor on its way through a socket, and a mapping whose descriptor was closed, are not
 * found.
 *
 * Return: 0; -ENOENT if /proc shows no processes; -ENOMEM; other -errno of opening or reading /proc
 * or a directory in it, for example -EMFILE.
 * Source: proc_pid_get_link() in Linux fs/proc/base.c and vfs_statx() in fs/stat.c: statx(2) of a
 * link in /proc/PID/fd looks at the open file itself. proc_fd_getattr() in fs/proc/fd.c: the size
 * of the directory is the number of open files.
 */
int fuser_find(const struct chardevs *numbers, int deleted_major, struct uses *uses);

/**
 * fuser_sees_host - whether /proc shows the processes of the host
 *
 * In a PID namespace of its own, for example in a container, the caller sees only the processes
 * there. The answer is also false if that cannot be found out.
 *
 * Source: PROC_PID_INIT_INO in Linux include/linux/proc_ns.h: the number of the host's PID
 * namespace. That /proc has an entry for the caller ensures that it belongs to this namespace.
 */
bool fuser_sees_host(void);
