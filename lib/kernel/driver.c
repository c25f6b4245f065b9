/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns what the name of a driver means. Loads modules and binds nothing. */
#include "kernel/driver.h"

#include "kernel/bus.h"
#include "kernel/module.h"

#include <errno.h>

struct search {
	const struct device *dev;
	const char *given;
	struct driver *ret;
	enum driver_problem *ret_problem;
	char *ret_names;
	size_t names_size;
};

/* The exact name goes before one with '-' for '_'. */
static const char *find_name(char *const *names, const char *given)
{
	const char *found = NULL;

	for (; names && *names; names++) {
		if (streq(*names, given))
			return *names;
		if (!found && util_same_name(*names, given))
			found = *names;
	}
	return found;
}

static int find_registered(const struct search *s, const char *given)
{
	CLEANUP_STRV char **names = NULL;
	const char *found;
	char dir[PATH_MAX];
	int err;

	bus_dir(s->dev->bus, dir);
	err = sysfs_list(dir, "drivers", &names, NULL);
	if (err < 0)
		return err;
	found = find_name(names, given);
	if (!found)
		return -ENOENT;
	util_format(s->ret->name, sizeof(s->ret->name), "%s", found);
	return module_of_driver(s->dev->bus, found, s->ret->module);
}

static void join_names(const struct search *s, char *const *names, size_t n)
{
	size_t used = 0;

	for (size_t i = 0; i < n && used < s->names_size; i++) {
		util_format(
			s->ret_names + used, s->names_size - used, "%s%s", i ? ", " : "", names[i]);
		used += strlen(s->ret_names + used);
	}
}

/* Return: 0; -ENOENT if the module is not loaded; -EINVAL with the problem; other -errno. */
static int find_in_module(const struct search *s)
{
	CLEANUP_STRV char **drivers = NULL;
	size_t n;
	int err;

	err = module_drivers(s->given, s->dev->bus, &drivers, &n);
	if (err < 0)
		return err;
	if (n == 1)
		return find_registered(s, drivers[0]);
	*s->ret_problem = n == 0 ? DRIVER_NOT_ON_BUS : DRIVER_SEVERAL;
	join_names(s, drivers, n);
	return -EINVAL;
}

/* Searches again after the module @given was loaded. */
static int find_loaded(const struct search *s)
{
	if (find_registered(s, s->given) == 0)
		return 0;
	return find_in_module(s);
}

/* @loaded: what module_load() of @given returned */
static int not_found(const struct search *s, int loaded)
{
	if (loaded == 0) {
		*s->ret_problem = DRIVER_NOT_ON_BUS;
		return -ENOENT;
	}
	*s->ret_problem = loaded == -ENOENT ? DRIVER_UNKNOWN : DRIVER_NOT_LOADED;
	return loaded == MODULE_BLACKLISTED ? -EPERM : loaded;
}

/* @module: that of the policy, or NULL */
static int find_by_policy(const struct search *s, const char *module)
{
	if (!module || module_load(module, MODULE_BY_NAME) != 0)
		return -ENOENT;
	return find_registered(s, s->given);
}

/* The module @given, or that of the policy, would be loaded. */
static int look_for_module(const struct search *s, const char *given, const char *module)
{
	const char *found = module && module_find(module) == 0 ? module : given;
	int err = module_find(found);

	if (err < 0)
		return not_found(s, err);
	util_format(s->ret->name, sizeof(s->ret->name), "%s", given);
	util_format(s->ret->module, sizeof(s->ret->module), "%s", found);
	return 0;
}

int driver_find(const struct device *dev, const char *given, const char *module,
	enum driver_load load, struct driver *ret, enum driver_problem *ret_problem,
	char *ret_names, size_t names_size)
{
	const struct search s = { dev, given, ret, ret_problem, ret_names, names_size };
	int err, loaded;

	*ret = (struct driver){ 0 };
	*ret_problem = DRIVER_OK;
	ret_names[0] = '\0';
	if (find_registered(&s, given) == 0)
		return 0;
	if (load == DRIVER_LOAD && find_by_policy(&s, module) == 0)
		return 0;
	err = find_in_module(&s);
	if (err != -ENOENT)
		return err;
	if (load == DRIVER_LOOK)
		return look_for_module(&s, given, module);
	loaded = module_load(given, MODULE_BY_NAME);
	err = loaded == 0 ? find_loaded(&s) : -ENOENT;
	if (err != -ENOENT)
		return err;
	return not_found(&s, loaded);
}

bool driver_is_vfio(const char *name)
{
	return strstr(name, "vfio");
}

bool driver_is(const char *bus, const char *driver, const char *given)
{
	char module[SYSFS_NAME_MAX];

	if (util_same_name(driver, given))
		return true;
	if (module_of_driver(bus, driver, module) < 0 || !module[0])
		return false;
	return util_same_name(module, given);
}
