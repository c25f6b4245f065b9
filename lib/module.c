/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Modules by libkmod, their drivers by sysfs. Binds nothing. */
#include "module.h"

#include <errno.h>
#include <fcntl.h>
#include <libkmod.h>
#include <limits.h>

static void free_context(struct kmod_ctx **ctx)
{
	kmod_unref(*ctx);
}

static void free_list(struct kmod_list **list)
{
	kmod_module_unref_list(*list);
}

int module_load(const char *name, enum module_by by)
{
	CLEANUP(free_context) struct kmod_ctx *ctx = kmod_new(NULL, NULL);
	CLEANUP(free_list) struct kmod_list *list = NULL;
	unsigned int flags = by == MODULE_BY_ALIAS ? KMOD_PROBE_APPLY_BLACKLIST
						   : KMOD_PROBE_APPLY_BLACKLIST_ALIAS_ONLY;
	int result = -ENOENT;
	struct kmod_list *i;

	if (!ctx)
		return -ENOMEM;
	if (kmod_module_new_from_lookup(ctx, name, &list) < 0)
		return -ENOENT;
	kmod_list_foreach(i, list)
	{
		struct kmod_module *module = kmod_module_get_module(i);
		int err = kmod_module_probe_insert_module(module, flags, NULL, NULL, NULL, NULL);

		/* The flags above leave one positive value: the module is blacklisted. */
		if (err > 0)
			err = MODULE_BLACKLISTED;
		if (result != 0)
			result = err;
		kmod_module_unref(module);
	}
	return result;
}

int module_drivers(const char *module, const char *bus, char ***ret_drivers, size_t *ret_n)
{
	char path[PATH_MAX], name[SYSFS_NAME_MAX];
	CLEANUP_STRV char **links = NULL, **drivers = NULL;
	size_t n = 0;
	int err;

	*ret_drivers = NULL;
	*ret_n = 0;
	err = util_format(name, sizeof(name), "%s", module);
	if (err < 0)
		return err;
	/* The kernel's own names of modules have no '-'. */
	for (char *c = name; *c; c++)
		if (*c == '-')
			*c = '_';
	util_format(path, sizeof(path), "/sys/module/%s", name);
	if (!sysfs_exists(path))
		return -ENOENT;
	util_format(path, sizeof(path), "/sys/module/%s/drivers", name);
	err = sysfs_list(path, &links, NULL);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	for (char **link = links; link && *link; link++) {
		const char *rest = util_after_prefix(*link, bus);

		if (rest && *rest == ':')
			err = util_strv_add(&drivers, &n, rest + 1);
		if (err < 0)
			return err;
	}
	*ret_drivers = STEAL(drivers);
	*ret_n = n;
	return 0;
}

int module_of_driver(const char *bus, const char *driver, char ret[SYSFS_NAME_MAX])
{
	char path[PATH_MAX];
	int err = util_format(path, sizeof(path), "/sys/bus/%s/drivers/%s/module", bus, driver);

	ret[0] = '\0';
	if (err == 0)
		err = sysfs_link_name(AT_FDCWD, path, ret);
	return err == -ENOENT ? 0 : err;
}
