/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the store; changes no device, and writes only where saved_export() is told to. */
#include "store/saved.h"

#include "kernel/driver.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>

int saved_read(const struct device *dev, char ret_driver[SYSFS_NAME_MAX], struct policy *ret_policy)
{
	char modalias[SYSFS_VALUE_MAX], path[PATH_MAX];
	CLEANUP_FREE char *text = NULL;
	int err;

	*ret_policy = (struct policy){ 0 };
	err = store_read(dev->bus, dev->name, ret_driver);
	if (err < 0)
		return err;
	/* Without a policy for this very driver the store's file is taken as it stands. */
	if (store_read_policy(dev->bus, dev->name, &text) < 0 ||
		policy_parse(text, ret_policy) < 0 || !streq(ret_policy->driver, ret_driver)) {
		*ret_policy = (struct policy){ 0 };
		return 0;
	}
	if (!dev->path[0])
		return 0;
	err = device_identity(dev, modalias, path);
	if (err < 0)
		return err;
	return policy_matches(ret_policy, modalias, path) ? 0 : -ESTALE;
}

int saved_device(const char *file, struct device *ret)
{
	char bus[DEVICE_BUS_MAX], exact[DEVICE_BUS_MAX + SYSFS_NAME_MAX];
	const char *name = device_split_bus(file, bus);

	if (name && util_format(exact, sizeof(exact), "%s/%s", bus, name) == 0) {
		int err = device_lookup(exact, bus, NULL, ret);

		/* A short address, or one in capitals, is not what the store's files are called. */
		return ret->name[0] && !streq(ret->name, name) ? -EINVAL : err;
	}
	/* A bus that is not there: where its name ends does not matter then. */
	*ret = (struct device){ 0 };
	name = strchr(file, '-');
	if (!name || (size_t)(name - file) >= sizeof(ret->bus))
		return -EINVAL;
	memcpy(ret->bus, file, (size_t)(name - file));
	util_format(ret->name, sizeof(ret->name), "%s", name + 1);
	return -ENODEV;
}

int saved_export(const char *file, const char *root, struct device *ret_dev, struct use *ret_use)
{
	char saved[SYSFS_NAME_MAX], bound[SYSFS_NAME_MAX], link[PATH_MAX], bus[DEVICE_BUS_MAX];
	int err = saved_device(file, ret_dev);
	bool bus_known;

	if (err < 0 && err != -ENODEV)
		return err;
	/* Without such a bus, and without a driver's name in it, it is none of ours. */
	bus_known = sysfs_exists("/sys/bus") && device_split_bus(file, bus);
	err = store_read(ret_dev->bus, ret_dev->name, saved);
	if (err == -ENOENT && !store_has(ret_dev->bus, ret_dev->name))
		return 0;
	if (err < 0)
		return err == -EBADMSG && !bus_known ? -EINVAL : err;
	if (ret_dev->path[0] && util_format(link, sizeof(link), "%s/driver", ret_dev->path) == 0 &&
		sysfs_link_name(AT_FDCWD, link, bound) == 0 &&
		!driver_is(ret_dev->bus, bound, saved)) {
		err = use_find_disk(ret_dev, ret_use);
		if (err < 0)
			return err;
		if (ret_use->kind != USE_NONE)
			return -EBUSY;
	}
	err = store_copy(ret_dev->bus, ret_dev->name, root);
	return err == -ENOENT && !store_has(ret_dev->bus, ret_dev->name) ? 0 : err;
}

const char *saved_image_command(void)
{
	/* Where the Makefile installs our part of each tool. */
	static const struct {
		const char *ours, *tool, *command;
	} tools[] = {
		{ INITRAMFSDIR "/hooks/driverctl", "/usr/sbin/update-initramfs",
			"update-initramfs -u" },
		{ DRACUTDIR "/90driverctl/module-setup.sh", "/usr/bin/dracut", "dracut --force" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(tools); i++)
		if (sysfs_exists(tools[i].ours) && sysfs_exists(tools[i].tool))
			return tools[i].command;
	return NULL;
}
