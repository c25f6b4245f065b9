/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the layout of /sys/class/net. Knows no routes. */
#include "kernel/net.h"

#include <errno.h>

#define NET SYSFS_CLASS "/net"

int net_list(const struct device *dev, char ***ret_names)
{
	CLEANUP_STRV char **all = NULL;
	int err, result = 0;
	size_t n = 0;

	*ret_names = NULL;
	err = sysfs_list(NET, NULL, &all, NULL);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	for (char **name = all; name && *name; name++) {
		char path[PATH_MAX];

		err = sysfs_resolve(NET, *name, path);
		/* It was renamed or removed since. */
		if (err == -ENOENT)
			continue;
		if (err < 0 && result == 0)
			result = err;
		if (err < 0 || !sysfs_is_below(path, dev->path))
			continue;
		err = util_strv_add(ret_names, &n, *name);
		if (err < 0)
			return err;
	}
	return result;
}

int net_uppers(const char *interface, char ***ret_names)
{
	CLEANUP_STRV char **links = NULL, **names = NULL;
	size_t n = 0;
	int err;

	*ret_names = NULL;
	err = sysfs_list(NET, interface, &links, NULL);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	for (char **link = links; link && *link; link++) {
		const char *upper = util_after_prefix(*link, "upper_");

		if (!upper)
			continue;
		err = util_strv_add(&names, &n, upper);
		if (err < 0)
			return err;
	}
	*ret_names = STEAL(names);
	return 0;
}
