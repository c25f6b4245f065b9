/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the writes that bind and unbind. Decides nothing. */
#include "kernel/binding.h"

#include "kernel/bus.h"
#include "kernel/module.h"

#include <errno.h>

#define REMOVE_ID_MAX 32

static int write_driver_file(const struct device *dev, const char *driver, const char *file)
{
	char dir[PATH_MAX];

	bus_driver_dir(dev->bus, driver, dir);
	return sysfs_write(dir, file, dev->name);
}

int binding_write_override(const struct device *dev, const char *override)
{
	/* A write of no bytes does not reach the kernel. */
	return sysfs_write(dev->path, "driver_override", override[0] ? override : "\n");
}

int binding_unbind(const struct device *dev, const char *driver)
{
	return write_driver_file(dev, driver, "unbind");
}

int binding_bind(const struct device *dev, const char *driver)
{
	char dir[PATH_MAX];

	bus_driver_dir(dev->bus, driver, dir);
	/* A probe may return ENOENT, too. */
	if (sysfs_absent(dir, "bind"))
		return binding_probe(dev);
	return write_driver_file(dev, driver, "bind");
}

int binding_probe(const struct device *dev)
{
	char dir[PATH_MAX];
	int err;

	bus_dir(dev->bus, dir);
	err = sysfs_write(dir, "drivers_probe", dev->name);
	if (err == -EINVAL || err == -ENODEV)
		return 0;
	return err;
}

int binding_probe_native(const struct device *dev)
{
	char modalias[SYSFS_VALUE_MAX];

	if (device_modalias(dev, modalias) == 0 && modalias[0])
		module_load(modalias, MODULE_BY_ALIAS);
	return binding_probe(dev);
}

bool binding_is(const struct device *dev, const char *driver)
{
	char bound[SYSFS_NAME_MAX];

	return device_driver(dev, bound) == 0 && streq(bound, driver);
}

void binding_forget_vfio_id(const struct device *dev)
{
	char dir[PATH_MAX], vendor[16], device[16], ids[40];

	if (sysfs_read(dev->path, "vendor", vendor, sizeof(vendor)) < 0)
		return;
	if (sysfs_read(dev->path, "device", device, sizeof(device)) < 0)
		return;
	util_format(ids, sizeof(ids), "%s %s", vendor, device);
	bus_driver_dir("pci", "vfio-pci", dir);
	/* The same ids may be registered several times. The write fails when none is left. */
	for (int i = 0; i < REMOVE_ID_MAX; i++)
		if (sysfs_write(dir, "remove_id", ids) < 0)
			return;
}
