/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The common part of set-override, unset-override and load-override: a child with a deadline for
 * each change. */
#pragma once

#include "change/override.h"
#include "each.h"

struct child;

/** apply_request - a request with what the options say. Its driver is "". */
struct override_request apply_request(const struct options *options, enum override_verb verb);

/**
 * apply_watch - let a child tell its steps: with -v each of them, and one that takes long to a
 * person who waits at a terminal
 * @child: its arg is a struct change, whose devices the steps are about
 */
void apply_watch(const struct options *options, struct child *child);

/**
 * apply_each - carry out a request for each of several devices, and report how each ended
 * @devices, @n: as of change_run()
 *
 * The devices are begun in their order. One that is not done after a short time goes on beside the
 * next ones, so that a slow driver does not hold up the other devices. The results come in the
 * order of the devices.
 *
 * Return: 0, or the exit code of the first one that failed.
 */
int apply_each(const struct options *options, const struct device *devices, size_t n,
	const struct override_request *request);

/**
 * apply_keys - apply_each() for the device of each key, as each_key() finds them
 *
 * Return: as apply_each().
 */
int apply_keys(const struct options *options, char **keys, const struct override_request *request);

/**
 * apply_device - carry out a request for a device, or with --iommu-group for the assignable devices
 * of its group, and report how it ended
 * @dev: its path is "" if it is absent
 * @arg: the struct override_request
 *
 * Return: 0 or the exit code.
 */
int apply_device(const struct options *options, const struct device *dev, void *arg);
