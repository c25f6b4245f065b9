/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The names of what uses a block device. That it is in use at all is for the kernel to say
 * (block.h).
 */
#pragma once

#include "use/uses.h"

/** holder_node - the node of a block device: /dev/sda1, /dev/mapper/NAME, /dev/cciss/c0d0 */
void holder_node(const char *block, char ret[SYSFS_NAME_MAX]);

/**
 * holder_find - find what uses a block device, directly or through device-mapper, md and the like
 * @uses: added to
 *
 * Return: 1; 0 if what uses the block device has no name; -ENOMEM.
 */
int holder_find(const char *block, struct uses *uses);

/**
 * holder_find_loops - find what uses a block device through loop devices, which do not claim it
 * @uses: added to; USE_UNKNOWN if the loop devices cannot be read
 *
 * Return: 1 if there is a use; 0; -ENOMEM.
 */
int holder_find_loops(const char *block, struct uses *uses);

/**
 * holder_add_unnamed - add a use that has no name
 * @error: of the exclusive open: -EBUSY for a claim; any other means that nobody knows
 *
 * Return: 1; -ENOMEM.
 */
int holder_add_unnamed(const char *block, int error, struct uses *uses);
