/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Carries out a call. */
#pragma once

#include "change/override.h"

struct supervise;

/**
 * change_run - carry out a request
 * @devices, @n: in the order of their names: locks are taken in this order, so that two calls do
 *               not wait for each other; a path is "" for a device that is absent
 * @s: of the child that this runs in
 * @ret_failure: set; the cause is OVERRIDE_OK if nothing failed
 * @ret_ends: @n of them, set
 *
 * A change that is not finished before request.deadline_ms, or fails, is put back. There are two
 * exceptions. If the saved driver refuses the device, a load keeps the override, and the device has
 * no driver. If the kernel does not know the saved driver, a load clears the override and probes
 * the native driver.
 */
void change_run(const struct override_request *request, const struct device *devices, size_t n,
	struct supervise *s, struct override_failure *ret_failure, struct override_end *ret_ends);

/** Gets a device that is in use, or of which that cannot be found out. */
typedef void (*change_refused_fn)(const struct device *dev, const struct override_failure *failure,
	const struct override_end *end, void *userdata);

/**
 * change_look - find out which devices a request would be refused for because they are in use
 * @request: a dry run: it locks and changes nothing
 * @fn: called for each of them
 *
 * No driver is looked for.
 *
 * Return: 0; -ENOMEM.
 */
int change_look(const struct override_request *request, const struct device *devices, size_t n,
	struct supervise *s, change_refused_fn fn, void *userdata);
