/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which process has a node of /dev open.
 */
#pragma once

#include "kernel/sysfs.h"

#include <limits.h>
#include <sys/types.h>

struct fuser {
	pid_t pid;
	char program[SYSFS_NAME_MAX]; /* its comm */
	char node[PATH_MAX];          /* as /proc/PID/fd shows it */
};

/**
 * fuser_find - find the first process that has one of several nodes open
 * @nodes: paths below /dev, for example "vfio/12"; the array ends with NULL. '*' at the end stands
 *         for a number whose node was deleted.
 * @ret_unseen: the number of processes that the caller may not look into
 *
 * Nodes are compared by name, so that a deleted one is found, too: the kernel deletes a node when
 * an unbind has begun. No node is opened, because that may block.
 *
 * Return: 1 if there is one; 0 if there is none; -ENOENT if /proc shows no processes; -errno of
 * opening /proc or a directory in it, for example -EMFILE.
 */
int fuser_find(char *const *nodes, struct fuser *ret, size_t *ret_unseen);
