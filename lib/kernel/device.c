/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files that a device of any bus has. */
#include "kernel/device.h"

#include <errno.h>
#include <sys/stat.h>

void device_key(const struct device *dev, char ret_key[DEVICE_KEY_MAX])
{
	util_format(ret_key, DEVICE_KEY_MAX, "%s-%s", dev->bus, dev->name);
}

void device_listed(const char *bus, const char *dir, const char *name, struct device *ret)
{
	util_format(ret->bus, sizeof(ret->bus), "%s", bus);
	util_format(ret->name, sizeof(ret->name), "%s", name);
	util_format(ret->path, sizeof(ret->path), "%s/%s", dir, name);
}

bool device_is_present(const struct device *dev)
{
	return !sysfs_absent(dev->path, "uevent");
}

uint64_t device_instance(const struct device *dev)
{
	struct stat st;

	return dev->path[0] && stat(dev->path, &st) == 0 ? st.st_ino : 0;
}

int device_driver(const struct device *dev, char ret_driver[SYSFS_NAME_MAX])
{
	ret_driver[0] = '\0';
	return dev->path[0] ? sysfs_link(dev->path, "driver", ret_driver) : 0;
}

int device_read_state(const struct device *dev, struct device_state *ret)
{
	ssize_t n;

	ret->driver[0] = '\0';
	n = sysfs_read(dev->path, "driver_override", ret->override, sizeof(ret->override));
	if (n < 0) {
		ret->override[0] = '\0';
		return (int)n;
	}
	if (streq(ret->override, "(null)"))
		ret->override[0] = '\0';
	return device_driver(dev, ret->driver);
}

bool device_is_vfio(const struct device *dev, const char *driver)
{
	return strstr(driver, "vfio") || sysfs_has(dev->path, "vfio-dev");
}

int device_modalias(const struct device *dev, char ret[SYSFS_VALUE_MAX])
{
	ssize_t n = sysfs_read(dev->path, "modalias", ret, SYSFS_VALUE_MAX);

	if (n >= 0)
		return 0;
	ret[0] = '\0';
	if (n != -ENOENT)
		return (int)n;
	return streq(dev->bus, "pci") ? -ENODEV : 0;
}
