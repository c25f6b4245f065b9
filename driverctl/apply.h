/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What set-override, unset-override and load-override share: a bounded child for each change. */
#pragma once

#include "each.h"

/** apply_request - a request with what the options say. Its driver is "". */
struct override_request apply_request(const struct options *options, enum override_verb verb);

/**
 * apply_together - carry out a request for several devices, all or none, and report how it ended
 * @devices, @n: as of override_run()
 *
 * Return: 0 or the exit code.
 */
int apply_together(const struct options *options, const struct device *devices, size_t n,
	const struct override_request *request);

/**
 * apply_device - carry out a request for a device, or with --iommu-group for the assignable devices
 * of its group, and report how it ended
 * @dev: its path is "" if it is absent
 * @arg: the struct override_request
 *
 * Return: 0 or the exit code.
 */
int apply_device(const struct options *options, const struct device *dev, const void *arg);
