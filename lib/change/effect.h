/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The effects of the steps on the device; private to lib/change. Only
 * here it matters whether a call is a dry run, or is to be saved only. The effects that such a call
 * does not have are still followed: the state of the device is then the one that it would have.
 */
#pragma once

#include "change/transaction.h"

/** effect_changes_device - whether the steps have effects on the device at all */
bool effect_changes_device(const struct transaction *t);

/** effect_begin - read the state of the device, from which the others go on. Return: as
 * device_read_state(). */
int effect_begin(struct transaction *t, struct device_state *ret);

/** effect_read_state - the state of the device now, or as it would be. Return: as
 * device_read_state(). */
int effect_read_state(struct transaction *t, struct device_state *ret);

/** effect_read_driver - the driver now. Return: as device_driver(). */
int effect_read_driver(struct transaction *t, char ret[SYSFS_NAME_MAX]);

/** effect_is_bound - whether a driver is bound now; "" for none */
bool effect_is_bound(struct transaction *t, const char *driver);

/** effect_find_driver - driver_find(); a module is loaded only if the device is to be changed */
int effect_find_driver(struct transaction *t, const char *given, const char *module,
	struct driver *ret, enum driver_problem *ret_problem);

/* Each as the function of the same name in kernel/binding.h. */
int effect_write_override(struct transaction *t, const char *override);
int effect_unbind(struct transaction *t, const char *driver);
int effect_bind(struct transaction *t, const char *driver);
int effect_probe_native(struct transaction *t);
void effect_forget_vfio_id(struct transaction *t);
