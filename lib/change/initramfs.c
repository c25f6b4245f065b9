/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "change/initramfs.h"

#include "kernel/driver.h"
#include "store/saved.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>

int initramfs_export(
	const char *file, const char *root, struct device *ret_dev, struct use *ret_use)
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

const char *initramfs_command(void)
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
