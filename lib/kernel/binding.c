/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the files that bind and unbind. Decides nothing. */
#include "kernel/binding.h"

#include "kernel/module.h"

#include <errno.h>
#include <fcntl.h>

#define VFIO_PCI_REMOVE_ID "/sys/bus/pci/drivers/vfio-pci/remove_id"
#define REMOVE_ID_MAX 32

static int write_file(const char *value, const char *folder, const char *file)
{
	char path[PATH_MAX];
	int err = util_format(path, sizeof(path), "%s/%s", folder, file);

	return err < 0 ? err : sysfs_write(path, value);
}

static int write_driver_file(const struct device *dev, const char *driver, const char *file)
{
	char folder[PATH_MAX];

	util_format(folder, sizeof(folder), "/sys/bus/%s/drivers/%s", dev->bus, driver);
	return write_file(dev->name, folder, file);
}

int binding_write_override(const struct device *dev, const char *override)
{
	/* A write of no bytes does not reach the kernel. */
	return write_file(override[0] ? override : "\n", dev->path, "driver_override");
}

int binding_unbind(const struct device *dev, const char *driver)
{
	return write_driver_file(dev, driver, "unbind");
}

int binding_bind(const struct device *dev, const char *driver)
{
	int err = write_driver_file(dev, driver, "bind");

	/* A driver may have no such file (suppress_bind_attrs). */
	return err == -ENOENT ? binding_probe(dev) : err;
}

int binding_probe(const struct device *dev)
{
	char path[PATH_MAX];
	int err;

	util_format(path, sizeof(path), "/sys/bus/%s/drivers_probe", dev->bus);
	err = sysfs_write(path, dev->name);
	return err == -EINVAL || err == -ENODEV ? 0 : err;
}

int binding_probe_native(const struct device *dev)
{
	char modalias[SYSFS_VALUE_MAX], path[PATH_MAX];

	if (device_identity(dev, modalias, path) == 0 && modalias[0])
		module_load(modalias, MODULE_BY_ALIAS);
	return binding_probe(dev);
}

bool binding_is(const struct device *dev, const char *driver)
{
	char link[PATH_MAX], name[SYSFS_NAME_MAX];
	int err = util_format(link, sizeof(link), "%s/driver", dev->path);

	if (err == 0)
		err = sysfs_link_name(AT_FDCWD, link, name);
	return err == 0 ? streq(name, driver) : err == -ENOENT && !driver[0];
}

void binding_forget_vfio_id(const struct device *dev)
{
	char path[PATH_MAX], vendor[16], device[16], ids[40];

	util_format(path, sizeof(path), "%s/vendor", dev->path);
	if (sysfs_read(AT_FDCWD, path, vendor, sizeof(vendor)) < 0)
		return;
	util_format(path, sizeof(path), "%s/device", dev->path);
	if (sysfs_read(AT_FDCWD, path, device, sizeof(device)) < 0)
		return;
	util_format(ids, sizeof(ids), "%s %s", vendor, device);
	/* The same ids may be there more than once; the write fails when none is left. */
	for (int i = 0; i < REMOVE_ID_MAX; i++)
		if (sysfs_write(VFIO_PCI_REMOVE_ID, ids) < 0)
			return;
}

int binding_restore(const struct device *dev, const struct device_state *before)
{
	const char *first = before->override;
	struct device_state now;
	int err, result = device_read_state(AT_FDCWD, dev->path, &now);

	if (result < 0)
		return result;
	/* An override for another driver than the one bound would keep that one from binding. */
	if (before->driver[0] && before->override[0])
		first = before->driver;
	result = binding_write_override(dev, first);
	if (now.driver[0] && !streq(now.driver, before->driver)) {
		err = binding_unbind(dev, now.driver);
		result = result < 0 ? result : err;
	}
	if (before->driver[0] && !streq(now.driver, before->driver)) {
		err = binding_bind(dev, before->driver);
		if (binding_is(dev, before->driver))
			err = 0;
		result = result < 0 ? result : err;
	}
	if (!streq(first, before->override)) {
		err = binding_write_override(dev, before->override);
		result = result < 0 ? result : err;
	}
	return result;
}
