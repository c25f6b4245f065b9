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
 * fuser_find - the first process that has one of these nodes open
 * @nodes: paths below /dev, "vfio/12"; NULL-terminated. A '*' at the end stands for a number whose
 *         node has been deleted
 * @ret_unseen: how many processes could not be looked into, for want of permission
 *
 * Found by the names of open descriptors, as also those are found whose node is gone: it is deleted
 * once an unbind has begun. Nothing here opens or stats a node, which may block.
 *
 * Return: whether there is one.
 */
bool fuser_find(char *const *nodes, struct fuser *ret, size_t *ret_unseen);
