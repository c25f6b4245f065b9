/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The common part of set-override, unset-override and load-override: a child with a deadline for
 * each change. */
#pragma once

#include "each.h"

/** Loads that go on beside each other, so that a slow driver does not hold up the other devices. */
struct apply_loads {
	const struct override_request *request;
	/* Private to apply.c. */
	struct apply_load **list;
	size_t n, n_reported;
	int code;
};

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
 * apply_beside - begin to carry out a request for a device
 * @loads: with a request and zeroes at first; to be ended by apply_rest()
 *
 * Returns when the device is done, or after a short time. The results are reported in the order of
 * the devices.
 *
 * Return: 0, or the exit code if the device was not begun.
 */
int apply_beside(
	const struct options *options, const struct device *dev, struct apply_loads *loads);

/**
 * apply_rest - wait until all of them have ended or their time is up, and free them
 *
 * Return: 0, or the exit code of the first one that failed.
 */
int apply_rest(struct apply_loads *loads);

/**
 * apply_device - carry out a request for a device, or with --iommu-group for the assignable devices
 * of its group, and report how it ended
 * @dev: its path is "" if it is absent
 * @arg: the struct override_request
 *
 * Return: 0 or the exit code.
 */
int apply_device(const struct options *options, const struct device *dev, const void *arg);
