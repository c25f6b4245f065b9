/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The loops over DEVICE..., and over keys of the store. */
#pragma once

#include "cmd.h"

enum each_which {
	EACH_PRESENT,
	EACH_ALSO_ABSENT, /* a device that is absent has the path "" */
};

/** What is done with a device. Return: 0, or the exit code after a message. */
typedef int (*each_fn)(const struct options *options, const struct device *dev, void *arg);

/**
 * each_device - look each argument up, and call @fn for its device
 *
 * An argument that names no device, or an absent one with EACH_PRESENT, is reported. A failure does
 * not end the loop.
 *
 * Return: 0, or the exit code of the first failure.
 */
int each_device(const struct options *options, char **args, int n_args, enum each_which which,
	each_fn fn, void *arg);

/**
 * each_key - call @fn for the device of each key, if it is on the bus that --bus names
 * @keys: ends with NULL, or NULL for none
 *
 * Nothing is said of a key that is not the key of a device, nor of an absent device with
 * EACH_PRESENT. A failure does not end the loop.
 *
 * Return: 0, or the exit code of the first failure.
 */
int each_key(const struct options *options, char *const *keys, enum each_which which, each_fn fn,
	void *arg);

/** each_check_bus - whether the bus that --bus names exists. Return: 0, or the exit code after a
 * message */
int each_check_bus(const struct options *options);

/** each_is_on_bus - whether a device is on the bus that --bus names; true without --bus */
bool each_is_on_bus(const struct options *options, const struct device *dev);

/** each_add - add the code of one device to that of the call, which is that of the first failure */
void each_add(int *result, int code);
