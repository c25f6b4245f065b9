/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Carries out a call. */
#pragma once

#include "change/override.h"

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

/**
 * change_look - find out whether a request would be refused for a device; it locks and changes
 * nothing
 *
 * As change_run() for one device, but no driver is looked for, and the end tells no plan.
 */
void change_look(const struct override_request *request, const struct device *dev,
	struct supervise *s, struct override_failure *ret_failure, struct override_end *ret_end);
