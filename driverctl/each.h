/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The loop over DEVICE... */
#pragma once

#include "cmd.h"

enum each_which {
	EACH_PRESENT,
	EACH_ALSO_ABSENT, /* a device that is absent has the path "" */
};

/** What is done with a device. Return: 0, or the exit code after a message. */
typedef int (*each_fn)(const struct options *options, const struct device *dev, const void *arg);

/**
 * each_device - look each argument up, and call @fn for its device
 *
 * An argument that names no device, or an absent one with EACH_PRESENT, is reported. A failure does
 * not end the loop.
 *
 * Return: 0, or the exit code of the first failure.
 */
int each_device(const struct options *options, char **args, int n_args, enum each_which which,
	each_fn fn, const void *arg);
