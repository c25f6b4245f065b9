/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resolves names of drivers. Loads modules, binds nothing. */
#include "kernel/driver.h"

#include "kernel/module.h"

#include <errno.h>

static int registered(const char *bus, const char *given, struct driver *ret)
{
	CLEANUP_STRV char **names = NULL;
	const char *found = NULL;
	char path[PATH_MAX];
	int err;

	util_format(path, sizeof(path), "/sys/bus/%s/drivers", bus);
	err = sysfs_list(path, &names, NULL);
	if (err < 0)
		return err;
	for (char **name = names; name && *name; name++)
		if (streq(*name, given) || (!found && util_same_name(*name, given)))
			found = *name;
	if (!found)
		return -ENOENT;
	util_format(ret->name, sizeof(ret->name), "%s", found);
	return module_of_driver(bus, found, ret->module);
}

static int of_module(const char *bus, const char *module, struct driver *ret,
	enum driver_problem *ret_problem, char *ret_names, size_t names_size)
{
	CLEANUP_STRV char **drivers = NULL;
	size_t n;
	int err = module_drivers(module, bus, &drivers, &n);

	if (err < 0)
		return err;
	if (n == 1)
		return registered(bus, drivers[0], ret);
	*ret_problem = n == 0 ? DRIVER_NOT_ON_BUS : DRIVER_SEVERAL;
	for (size_t i = 0, used = 0; i < n && used < names_size; i++) {
		util_format(ret_names + used, names_size - used, "%s%s", i ? ", " : "", drivers[i]);
		used += strlen(ret_names + used);
	}
	return -EINVAL;
}

int driver_find(const struct device *dev, const char *given, const char *module, struct driver *ret,
	enum driver_problem *ret_problem, char *ret_names, size_t names_size)
{
	char modalias[SYSFS_VALUE_MAX], path[PATH_MAX];
	int err, loaded;

	*ret = (struct driver){ 0 };
	*ret_problem = DRIVER_OK;
	ret_names[0] = '\0';
	if (registered(dev->bus, given, ret) == 0)
		return 0;
	if (module && module_load(module, MODULE_BY_NAME) == 0 &&
		registered(dev->bus, given, ret) == 0)
		return 0;
	err = of_module(dev->bus, given, ret, ret_problem, ret_names, names_size);
	if (err != -ENOENT)
		return err;
	loaded = module_load(given, MODULE_BY_NAME);
	if (loaded == 0) {
		if (registered(dev->bus, given, ret) == 0)
			return 0;
		err = of_module(dev->bus, given, ret, ret_problem, ret_names, names_size);
		if (err != -ENOENT)
			return err;
	}
	/* A driver whose module has another name: the device's own modules are the ones to try. */
	if (device_identity(dev, modalias, path) == 0 && modalias[0])
		module_load(modalias, MODULE_BY_ALIAS);
	if (registered(dev->bus, given, ret) == 0)
		return 0;
	*ret_problem = loaded == 0         ? DRIVER_NOT_ON_BUS
		       : loaded == -ENOENT ? DRIVER_UNKNOWN
					   : DRIVER_NOT_LOADED;
	return loaded == 0 ? -ENOENT : loaded < 0 ? loaded : -EPERM;
}

bool driver_is(const char *bus, const char *driver, const char *given)
{
	char module[SYSFS_NAME_MAX];

	return util_same_name(driver, given) || (module_of_driver(bus, driver, module) == 0 &&
							module[0] && util_same_name(module, given));
}
