/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which process has a node of /dev open.
 */
#pragma once

#include "use/uses.h"

/**
 * fuser_find - find the processes that have one of several nodes open
 * @nodes: paths below /dev, for example "vfio/12"; the array ends with NULL. '*' at the end stands
 *         for a number whose node was deleted.
 * @uses: added to, one for each process and node; its unseen counts the processes that the caller
 *        may not look into
 *
 * Nodes are compared by name, so that a deleted one is found, too: the kernel deletes a node when
 * an unbind has begun. No node is opened, because that may block.
 *
 * Return: 0; -ENOENT if /proc shows no processes; -ENOMEM; other -errno of opening /proc or a
 * directory in it, for example -EMFILE.
 */
int fuser_find(char *const *nodes, struct uses *uses);
