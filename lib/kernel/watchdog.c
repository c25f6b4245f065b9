/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns how a watchdog without a parent is found. Opens no node. */
#include "kernel/watchdog.h"

#include <errno.h>

#define VIRTUAL SYSFS_DEVICES "/virtual"
#define WATCHDOGS VIRTUAL "/watchdog"

static int add(const char *dir, struct chardevs *ret)
{
	dev_t number;
	int err = chardev_read(dir, &number);

	/* It was removed since. */
	if (err == -ENOENT || err == -ENODEV)
		return 0;
	return err < 0 ? err : chardevs_add(ret, number);
}

static int add_watchdog(const char *name, const char *driver, struct chardevs *ret)
{
	char dir[PATH_MAX], identity[SYSFS_NAME_MAX];
	int err;

	util_format(dir, sizeof(dir), WATCHDOGS "/%s", name);
	sysfs_read_text(dir, "identity", identity, sizeof(identity));
	if (!streq(identity, driver))
		return 0;
	err = add(dir, ret);
	if (err < 0 || !streq(name, "watchdog0"))
		return err;
	return add(VIRTUAL "/misc/watchdog", ret);
}

int watchdog_list(const struct device *dev, struct chardevs *ret)
{
	CLEANUP_STRV char **names = NULL;
	char driver[SYSFS_NAME_MAX];
	int err = device_driver(dev, driver);

	if (err < 0 || !driver[0])
		return err;
	err = sysfs_list(WATCHDOGS, NULL, &names, NULL);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	for (char **name = names; name && *name; name++) {
		err = add_watchdog(*name, driver, ret);
		if (err < 0)
			return err;
	}
	return 0;
}
