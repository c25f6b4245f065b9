/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What set-override, unset-override and load-override share: a transaction for each device. */
#pragma once

#include "cmd.h"

typedef void (*apply_fn)(const struct override_request *requests, size_t n, struct bounded *b,
	struct override_result *results);

/**
 * apply_one - run a transaction for a device, and report it
 * @driver: as of apply_each(); for override_take_back() the override that was recorded
 *
 * Return: 0 or the exit code; also where the time is up before it has begun.
 */
int apply_one(
	const struct options *options, apply_fn fn, const struct device *dev, const char *driver);

/**
 * apply_each - run a transaction for every device, past failures, reporting each
 * @driver: for override_set(): a driver's or module's name, or what --vfio-variant takes where that
 *          was given; else ""
 *
 * Return: 0, or the exit code of the first that failed.
 */
int apply_each(const struct options *options, apply_fn fn, char **devices, int n_devices,
	const char *driver);
