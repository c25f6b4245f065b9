/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the difference between a call and its dry run. Decides nothing. */
#include "change/effect.h"

#include "kernel/binding.h"
#include "kernel/module.h"
#include "vfio/variant.h"

#include <errno.h>

bool effect_changes_device(const struct transaction *t)
{
	return !t->call->request->dry_run && !t->call->request->save_only;
}

int effect_begin(struct transaction *t, struct device_state *ret)
{
	int err = device_read_state(t->dev, ret);

	t->now = *ret;
	return err;
}

int effect_read_state(struct transaction *t, struct device_state *ret)
{
	if (effect_changes_device(t))
		return effect_begin(t, ret);
	*ret = t->now;
	return 0;
}

int effect_read_driver(struct transaction *t, char ret[SYSFS_NAME_MAX])
{
	if (effect_changes_device(t))
		return device_driver(t->dev, ret);
	util_format(ret, SYSFS_NAME_MAX, "%s", t->now.driver);
	return 0;
}

bool effect_is_bound(struct transaction *t, const char *driver)
{
	if (effect_changes_device(t))
		return binding_is(t->dev, driver);
	return streq(t->now.driver, driver);
}

/* --- the device --- */

static void set_driver(struct transaction *t, const char *driver)
{
	util_format(t->now.driver, sizeof(t->now.driver), "%s", driver);
}

/* A module that is not loaded does not tell the name of its driver, but that of the generic one is
 * known. */
int effect_find_driver(struct transaction *t, const char *given, const char *module,
	struct driver *ret, enum driver_problem *ret_problem)
{
	struct override_failure *failure = t->call->failure;
	enum driver_load load = effect_changes_device(t) ? DRIVER_LOAD : DRIVER_LOOK;
	const char *generic = variant_generic_driver(t->dev->bus);
	int err = driver_find(t->dev, given, module, load, ret, ret_problem, failure->names,
		sizeof(failure->names));

	if (err < 0 || load == DRIVER_LOAD || !generic)
		return err;
	if (util_same_name(ret->name, generic))
		util_format(ret->name, sizeof(ret->name), "%s", generic);
	return 0;
}

int effect_write_override(struct transaction *t, const char *override)
{
	if (effect_changes_device(t)) {
		int err = binding_write_override(t->dev, override);

		if (err < 0)
			return err;
	}
	util_format(t->now.override, sizeof(t->now.override), "%s", override);
	return 0;
}

int effect_unbind(struct transaction *t, const char *driver)
{
	if (effect_changes_device(t))
		return binding_unbind(t->dev, driver);
	set_driver(t, "");
	return 0;
}

int effect_bind(struct transaction *t, const char *driver)
{
	if (effect_changes_device(t))
		return binding_bind(t->dev, driver);
	set_driver(t, driver);
	return 0;
}

/* The module that the kernel would most likely take, by the name of its driver if it is loaded. */
static void guess_native(struct transaction *t)
{
	CLEANUP_STRV char **modules = NULL, **drivers = NULL;
	char modalias[SYSFS_VALUE_MAX];
	size_t n;

	if (device_modalias(t->dev, modalias) < 0 || !modalias[0])
		return;
	if (module_candidates(modalias, &modules) < 0 || !modules)
		return;
	if (module_drivers(modules[0], t->dev->bus, &drivers, &n) == 0 && n > 0)
		set_driver(t, drivers[0]);
	else
		set_driver(t, modules[0]);
}

int effect_probe_native(struct transaction *t)
{
	if (effect_changes_device(t))
		return binding_probe_native(t->dev);
	guess_native(t);
	return 0;
}

void effect_forget_vfio_id(struct transaction *t)
{
	if (effect_changes_device(t))
		binding_forget_vfio_id(t->dev);
}
