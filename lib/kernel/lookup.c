/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the rules for names of devices. Reads no attribute of a device and changes nothing. */
#include "kernel/lookup.h"

#include "kernel/bus.h"
#include "kernel/pci.h"

#include <errno.h>

/* Writes a name as the bus does. */
static int normalize_name(const char *bus, const char *name, char ret[SYSFS_NAME_MAX])
{
	if (!util_name_valid(name))
		return -EINVAL;
	if (streq(bus, "pci") && pci_address(name, ret))
		return 0;
	return util_format(ret, SYSFS_NAME_MAX, "%s", name);
}

/* 01:00 or 0000:01:00, as lspci(8) takes it */
static bool is_pci_slot(const char *name)
{
	char first[SYSFS_NAME_MAX], normal[SYSFS_NAME_MAX];

	if (util_format(first, sizeof(first), "%s.0", name) < 0)
		return false;
	return pci_address(first, normal);
}

/*
 * Finds the only function of a slot.
 *
 * Return: 0 with its name; -ENODEV if there is none; -ENOTUNIQ if there are several, with the first
 * one; other -errno.
 */
static int only_function(const char *slot, char ret_name[SYSFS_NAME_MAX])
{
	CLEANUP_STRV char **names = NULL;
	char dir[PATH_MAX], first[SYSFS_NAME_MAX];
	size_t n = 0;
	int err;

	util_format(first, sizeof(first), "%s.0", slot);
	pci_address(first, ret_name);
	util_format(first, sizeof(first), "%.*s", (int)strlen(ret_name) - 1, ret_name);
	bus_devices_dir("pci", dir);
	err = sysfs_list(dir, NULL, &names, NULL);
	if (err < 0)
		return err;
	for (char **name = names; name && *name; name++) {
		if (!util_after_prefix(*name, first))
			continue;
		if (n++ == 0)
			util_format(ret_name, SYSFS_NAME_MAX, "%s", *name);
	}
	if (n > 1)
		return -ENOTUNIQ;
	return n == 1 ? 0 : -ENODEV;
}

static int on_bus(const char *bus, const char *name, struct device *ret)
{
	char dir[PATH_MAX];
	int err;

	*ret = (struct device){ 0 };
	if (!bus_valid(bus))
		return -EINVAL;
	util_format(ret->bus, sizeof(ret->bus), "%s", bus);
	if (streq(bus, "pci") && is_pci_slot(name))
		err = only_function(name, ret->name);
	else
		err = normalize_name(bus, name, ret->name);
	if (err < 0)
		return err;
	bus_devices_dir(bus, dir);
	err = sysfs_resolve(dir, ret->name, ret->path);
	return err == -ENOENT || err == -ENOTDIR ? -ENODEV : err;
}

/* Return: whether the directory is a device of a bus. */
static bool read_subsystem(const char *path, char ret_bus[SYSFS_NAME_MAX])
{
	return sysfs_link(path, "subsystem", ret_bus) == 0 && ret_bus[0];
}

/* @bus: the bus that the device has to be on, or NULL for any. */
static bool is_overridable(const char *path, const char *bus, char ret_bus[SYSFS_NAME_MAX])
{
	if (!read_subsystem(path, ret_bus) || !bus_exists(ret_bus))
		return false;
	if (!sysfs_has(path, "driver_override"))
		return false;
	return !bus || streq(ret_bus, bus);
}

/* Finds the nearest overridable device at or above a directory. @bus: as in is_overridable(). */
static int nearest_device(const char *path, const char *bus, struct device *ret)
{
	char up[PATH_MAX], found[SYSFS_NAME_MAX];

	if (util_format(up, sizeof(up), "%s", path) < 0)
		return -EINVAL;
	for (; strlen(up) > strlen(SYSFS_DEVICES "/"); *strrchr(up, '/') = '\0')
		if (is_overridable(up, bus, found))
			return on_bus(found, strrchr(up, '/') + 1, ret);
	return -ENODEV;
}

/*
 * Finds the device that a directory below /sys/devices belongs to. The default bus goes first: the
 * interface of a virtio card belongs to the PCI device, not to virtio0.
 */
static int enclosing_device(const char *path, const char *default_bus, struct device *ret)
{
	int err = nearest_device(path, default_bus, ret);

	return err == -ENODEV ? nearest_device(path, NULL, ret) : err;
}

/* Takes the last part of a path that does not exist, on the bus that the path names. */
static int by_absent_path(const char *arg, const char *default_bus, struct device *ret)
{
	const char *rest = util_after_prefix(arg, SYSFS_BUS "/");
	const char *name = strrchr(arg, '/') + 1;
	char bus[SYSFS_NAME_MAX];

	if (strstr(arg, "/../"))
		return -EINVAL;
	if (!rest)
		return on_bus(default_bus, name, ret);
	if (util_format(bus, sizeof(bus), "%.*s", (int)strcspn(rest, "/"), rest) < 0)
		return -EINVAL;
	return on_bus(bus, name, ret);
}

static int by_sysfs_path(const char *arg, const char *default_bus, struct device *ret)
{
	char path[PATH_MAX], bus[SYSFS_NAME_MAX];

	if (!realpath(arg, path))
		return errno == ENOENT ? by_absent_path(arg, default_bus, ret) : -EINVAL;
	if (!sysfs_is_below(path, SYSFS_DEVICES))
		return -EINVAL;
	if (sysfs_has(path, "driver_override") && read_subsystem(path, bus))
		return on_bus(bus, strrchr(path, '/') + 1, ret);
	return enclosing_device(path, default_bus, ret) == 0 ? 0 : -EINVAL;
}

/*
 * The device that an interface is directly on, or through virtio alone. With another bus in
 * between, the device above may have much more on it: all of a USB controller, for one network
 * adapter.
 */
static int by_interface(const char *arg, struct device *ret)
{
	char name[PATH_MAX], path[PATH_MAX], bus[SYSFS_NAME_MAX];

	if (util_format(name, sizeof(name), "net/%s/device", arg) < 0)
		return -ENODEV;
	if (sysfs_resolve(SYSFS_CLASS, name, path) < 0)
		return -ENODEV;
	while (strlen(path) > strlen(SYSFS_DEVICES "/")) {
		char *last = strrchr(path, '/');

		if (is_overridable(path, NULL, bus))
			return on_bus(bus, last + 1, ret);
		if (!read_subsystem(path, bus))
			return -ENODEV;
		if (!streq(bus, "virtio")) {
			util_format(ret->bus, sizeof(ret->bus), "%s", bus);
			util_format(ret->name, sizeof(ret->name), "%s", last + 1);
			return -EXDEV;
		}
		*last = '\0';
	}
	return -ENODEV;
}

/* BUS/NAME, a name on the default bus, or BUS-NAME */
static int by_name(const char *text, const char *default_bus, struct device *ret)
{
	const char *slash = strchr(text, '/'), *name;
	char bus[BUS_NAME_MAX];
	int err;

	if (slash) {
		if (util_format(bus, sizeof(bus), "%.*s", (int)(slash - text), text) < 0)
			return -EINVAL;
		return on_bus(bus, slash + 1, ret);
	}
	err = on_bus(default_bus, text, ret);
	if (err != -ENODEV)
		return err;
	/* If the device is absent: BUS-NAME names the bus, too. */
	name = bus_split(text, bus);
	return name ? on_bus(bus, name, ret) : -ENODEV;
}

static int by_argument(const char *text, const char *default_bus, struct device *ret)
{
	struct device interface = { 0 };
	int err, by_net;

	if (util_after_prefix(text, SYSFS "/"))
		return by_sysfs_path(text, default_bus, ret);
	err = by_name(text, default_bus, ret);
	if (err != -ENODEV || strchr(text, '/'))
		return err;
	by_net = by_interface(text, &interface);
	if (by_net != 0 && by_net != -EXDEV)
		return err;
	*ret = interface;
	return by_net;
}

/* A key has the name as the bus has it: neither a short address nor one in capitals. */
static int by_key(const char *key, struct device *ret)
{
	char bus[BUS_NAME_MAX];
	const char *name = bus_split(key, bus);

	if (name) {
		int err = on_bus(bus, name, ret);

		return ret->name[0] && !streq(ret->name, name) ? -EINVAL : err;
	}
	/* The bus is not there, so that nothing tells where its name ends: at the first dash. */
	name = strchr(key, '-');
	if (!name || util_format(ret->bus, sizeof(ret->bus), "%.*s", (int)(name - key), key) < 0)
		return -EINVAL;
	util_format(ret->name, sizeof(ret->name), "%s", name + 1);
	return -ENODEV;
}

/* @devpath: the path of the device itself, without /sys */
static int by_devpath(const char *devpath, struct device *ret)
{
	char path[PATH_MAX], real[PATH_MAX], bus[SYSFS_NAME_MAX];
	struct device dev;

	if (!util_after_prefix(devpath, "/devices/"))
		return -EBADMSG;
	if (util_format(path, sizeof(path), SYSFS "%s", devpath) < 0)
		return -EBADMSG;
	if (!realpath(path, real))
		return errno == ENOENT ? -ENODEV : -EBADMSG;
	if (!streq(path, real) || !read_subsystem(path, bus))
		return -EBADMSG;
	if (on_bus(bus, strrchr(path, '/') + 1, &dev) < 0 || !streq(dev.path, path))
		return -EBADMSG;
	*ret = dev;
	return 0;
}

int device_open(const char *text, enum device_form form, const char *default_bus,
	const char *devpath, struct device *ret)
{
	const char *last = devpath ? strrchr(devpath, '/') : NULL;
	int err, by_env;

	*ret = (struct device){ 0 };
	if (!*text || strlen(text) >= PATH_MAX)
		return -EINVAL;
	if (form == DEVICE_KEY)
		return by_key(text, ret);
	if (form == DEVICE_NAME)
		return by_name(text, default_bus, ret);
	err = by_argument(text, default_bus, ret);
	if (err < 0 && err != -ENODEV)
		return err;
	if (!last || !ret->name[0] || !streq(last + 1, ret->name))
		return err;
	by_env = by_devpath(devpath, ret);
	return by_env == -ENODEV ? err : by_env;
}

int device_on_bus(const char *bus, const char *name, struct device *ret)
{
	char dir[PATH_MAX];
	int err;

	bus_devices_dir(bus, dir);
	device_listed(bus, dir, name, ret);
	err = sysfs_link_target(dir, name, ret->path);
	if (err < 0)
		ret->path[0] = '\0';
	return err == -ENOENT || err == -ENOTDIR ? -ENODEV : err;
}
