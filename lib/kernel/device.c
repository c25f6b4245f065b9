/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lookup and identity of devices. Owns the rules for names; changes nothing.
 */
#include "kernel/device.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>

#define SYS_BUS "/sys/bus/"
#define SYS_DEVICES "/sys/devices/"
#define PROC_BUS_PCI "/proc/bus/pci"
#define HEX "0123456789abcdef"

void device_key(const struct device *dev, char ret_key[DEVICE_KEY_MAX])
{
	util_format(ret_key, DEVICE_KEY_MAX, "%s-%s", dev->bus, dev->name);
}

bool device_bus_valid(const char *bus)
{
	return util_name_valid(bus) && strlen(bus) < DEVICE_BUS_MAX;
}

static bool bus_exists(const char *bus)
{
	char path[PATH_MAX];

	return device_bus_valid(bus) && util_format(path, sizeof(path), SYS_BUS "%s", bus) == 0 &&
	       !sysfs_absent(path);
}

const char *device_split_bus(const char *arg, char ret_bus[DEVICE_BUS_MAX])
{
	for (size_t n = strnlen(arg, DEVICE_BUS_MAX - 1); n > 0; n--) {
		if (arg[n] != '-' || !arg[n + 1])
			continue;
		memcpy(ret_bus, arg, n);
		ret_bus[n] = '\0';
		if (bus_exists(ret_bus))
			return arg + n + 1;
	}
	return NULL;
}

/* "0000:01:00.0": domains have four digits or more (VMD: 10000:e1:00.0). */
static bool is_pci_address(const char *s)
{
	size_t domain = strspn(s, HEX);

	if (domain < 4 || domain > 8 || s[domain] != ':')
		return false;
	s += domain + 1;
	return strlen(s) == 7 && strspn(s, HEX) == 2 && s[2] == ':' && strspn(s + 3, HEX) == 2 &&
	       s[5] == '.' && s[6] >= '0' && s[6] <= '7';
}

/* The name as the bus has it: PCI addresses in lower case, with a domain. */
static int normal_name(const char *bus, const char *name, char ret[SYSFS_NAME_MAX])
{
	char full[SYSFS_NAME_MAX + 8];

	if (!util_name_valid(name))
		return -EINVAL;
	if (streq(bus, "pci") && strlen(name) <= 16) {
		util_format(full, sizeof(full), "%s%s", strlen(name) == 7 ? "0000:" : "", name);
		for (char *c = full; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		if (is_pci_address(full))
			return util_format(ret, SYSFS_NAME_MAX, "%s", full);
	}
	return util_format(ret, SYSFS_NAME_MAX, "%s", name);
}

/* Fills in bus and name; the path where the device is present. */
static int on_bus(const char *bus, const char *name, struct device *ret)
{
	char link[PATH_MAX];
	int err;

	*ret = (struct device){ 0 };
	if (!device_bus_valid(bus))
		return -EINVAL;
	util_format(ret->bus, sizeof(ret->bus), "%s", bus);
	err = normal_name(bus, name, ret->name);
	if (err == 0)
		err = util_format(link, sizeof(link), SYS_BUS "%s/devices/%s", bus, ret->name);
	if (err < 0)
		return err;
	if (!realpath(link, ret->path)) {
		ret->path[0] = '\0';
		return errno == ENOENT || errno == ENOTDIR ? -ENODEV : -errno;
	}
	return 0;
}

static bool has_override(const char *path)
{
	char file[PATH_MAX];

	return util_format(file, sizeof(file), "%s/driver_override", path) == 0 &&
	       sysfs_exists(file);
}

static int subsystem_of(const char *path, char ret[SYSFS_NAME_MAX])
{
	char link[PATH_MAX];
	int err = util_format(link, sizeof(link), "%s/subsystem", path);

	return err < 0 ? err : sysfs_link_name(AT_FDCWD, link, ret);
}

/*
 * The device that a folder below /sys/devices belongs to: the nearest on the default bus, else the
 * nearest with a driver_override. An interface of a virtio card is the PCI device's, not virtio0's.
 */
static int enclosing_device(const char *path, const char *default_bus, struct device *ret)
{
	for (int any_bus = 0; any_bus < 2; any_bus++) {
		char up[PATH_MAX], bus[SYSFS_NAME_MAX];

		if (util_format(up, sizeof(up), "%s", path) < 0)
			return -EINVAL;
		for (; strlen(up) > strlen(SYS_DEVICES); *strrchr(up, '/') = '\0')
			if (subsystem_of(up, bus) == 0 && bus_exists(bus) && has_override(up) &&
				(any_bus || streq(bus, default_bus)))
				return on_bus(bus, strrchr(up, '/') + 1, ret);
	}
	return -ENODEV;
}

static int by_sysfs_path(const char *arg, const char *default_bus, struct device *ret)
{
	char path[PATH_MAX], bus[SYSFS_NAME_MAX];
	const char *name = strrchr(arg, '/') + 1;

	if (!realpath(arg, path)) {
		/* Absent: its last part, on the bus that the path names. */
		const char *rest = util_after_prefix(arg, SYS_BUS);

		if (errno != ENOENT || strstr(arg, "/../"))
			return -EINVAL;
		if (!rest)
			return on_bus(default_bus, name, ret);
		if (util_format(bus, sizeof(bus), "%.*s", (int)strcspn(rest, "/"), rest) < 0)
			return -EINVAL;
		return on_bus(bus, name, ret);
	}
	if (!util_after_prefix(path, SYS_DEVICES))
		return -EINVAL;
	if (has_override(path) && subsystem_of(path, bus) == 0)
		return on_bus(bus, strrchr(path, '/') + 1, ret);
	return enclosing_device(path, default_bus, ret) == 0 ? 0 : -EINVAL;
}

static int by_interface(const char *arg, const char *default_bus, struct device *ret)
{
	char link[PATH_MAX], path[PATH_MAX];

	if (util_format(link, sizeof(link), "/sys/class/net/%s/device", arg) < 0 ||
		!realpath(link, path))
		return -ENODEV;
	return enclosing_device(path, default_bus, ret);
}

static int by_name(const char *arg, const char *default_bus, struct device *ret)
{
	char bus[DEVICE_BUS_MAX];
	const char *slash = strchr(arg, '/'), *name;
	struct device bare;
	int err;

	if (slash) {
		if (slash - arg >= DEVICE_BUS_MAX)
			return -EINVAL;
		memcpy(bus, arg, (size_t)(slash - arg));
		bus[slash - arg] = '\0';
		return on_bus(bus, slash + 1, ret);
	}
	err = on_bus(default_bus, arg, &bare);
	if (err != -ENODEV) {
		*ret = bare;
		return err;
	}
	name = device_split_bus(arg, bus);
	if (name && on_bus(bus, name, ret) == 0)
		return 0;
	if (by_interface(arg, default_bus, ret) == 0)
		return 0;
	/* Absent. What looks like BUS-NAME is that. */
	if (name)
		return on_bus(bus, name, ret);
	*ret = bare;
	return -ENODEV;
}

/* DEVPATH is the device's own folder, without /sys. */
static int by_devpath(const char *devpath, struct device *ret)
{
	char path[PATH_MAX], real[PATH_MAX], bus[SYSFS_NAME_MAX];
	struct device dev;

	if (!util_after_prefix(devpath, "/devices/") ||
		util_format(path, sizeof(path), "/sys%s", devpath) < 0)
		return -EBADMSG;
	if (!realpath(path, real))
		return errno == ENOENT ? -ENODEV : -EBADMSG;
	if (!streq(path, real) || subsystem_of(path, bus) < 0 ||
		on_bus(bus, strrchr(path, '/') + 1, &dev) < 0 || !streq(dev.path, path))
		return -EBADMSG;
	*ret = dev;
	return 0;
}

int device_lookup(const char *arg, const char *default_bus, const char *devpath, struct device *ret)
{
	const char *last = devpath ? strrchr(devpath, '/') : NULL;
	int err;

	*ret = (struct device){ 0 };
	if (!*arg || strlen(arg) >= PATH_MAX)
		return -EINVAL;
	err = util_after_prefix(arg, "/sys/") ? by_sysfs_path(arg, default_bus, ret)
					      : by_name(arg, default_bus, ret);
	if (last && ret->name[0] && streq(last + 1, ret->name) && (err == 0 || err == -ENODEV)) {
		int by_env = by_devpath(devpath, ret);

		if (by_env != -ENODEV)
			return by_env;
	}
	return err;
}

bool device_is_below(const char *path, const char *folder)
{
	const char *rest = util_after_prefix(path, folder);

	return rest && *rest == '/';
}

bool device_is_present(const struct device *dev)
{
	char file[PATH_MAX];

	return util_format(file, sizeof(file), "%s/uevent", dev->path) < 0 || !sysfs_absent(file);
}

bool device_is_added(const struct device *dev)
{
	char file[PATH_MAX];
	size_t bus;

	if (!streq(dev->bus, "pci") || !is_pci_address(dev->name) || !sysfs_exists(PROC_BUS_PCI))
		return true;
	bus = strlen(dev->name) - strlen("00:00.0");
	/* With the domain and without: which of them differs between architectures. */
	for (size_t from = 0; from <= bus; from += bus) {
		util_format(file, sizeof(file), PROC_BUS_PCI "/%.*s/%s", (int)(bus + 2 - from),
			dev->name + from, dev->name + bus + 3);
		if (sysfs_exists(file))
			return true;
	}
	return false;
}

int device_read_state(int dir_fd, const char *path, struct device_state *ret)
{
	char file[PATH_MAX];
	ssize_t n;
	int err;

	*ret = (struct device_state){ 0 };
	err = util_format(file, sizeof(file), "%s/driver_override", path);
	if (err < 0)
		return err;
	n = sysfs_read(dir_fd, file, ret->override, sizeof(ret->override));
	if (n < 0)
		return (int)n;
	if (streq(ret->override, "(null)"))
		ret->override[0] = '\0';
	util_format(file, sizeof(file), "%s/driver", path);
	err = sysfs_link_name(dir_fd, file, ret->driver);
	return err == -ENOENT ? 0 : err;
}

void device_class(int dir_fd, const char *path, char ret[3])
{
	char file[PATH_MAX], value[32];

	ret[0] = '\0';
	if (util_format(file, sizeof(file), "%s/class", path) == 0 &&
		sysfs_read(dir_fd, file, value, sizeof(value)) >= 4)
		util_format(ret, 3, "%.2s", value + 2);
}

/* Appends a step; of an address its device.function, the last four characters. */
static int append_step(char path[PATH_MAX], const char *step, size_t length)
{
	size_t used = strlen(path);
	char part[SYSFS_NAME_MAX];

	if (util_format(part, sizeof(part), "%.*s", (int)length, step) < 0)
		return -ENAMETOOLONG;
	return util_format(path + used, PATH_MAX - used, "%s%s", used ? "/" : "",
		is_pci_address(part) ? part + length - 4 : part);
}

int device_identity(
	const struct device *dev, char ret_modalias[SYSFS_VALUE_MAX], char ret_path[PATH_MAX])
{
	char file[PATH_MAX];
	const char *step;
	ssize_t n;

	ret_modalias[0] = ret_path[0] = '\0';
	if (util_format(file, sizeof(file), "%s/modalias", dev->path) < 0)
		return -ENAMETOOLONG;
	n = sysfs_read(AT_FDCWD, file, ret_modalias, SYSFS_VALUE_MAX);
	if (n == -ENOENT && streq(dev->bus, "pci"))
		return -ENODEV;
	if (n < 0 && n != -ENOENT)
		return (int)n;
	if (!streq(dev->bus, "pci"))
		return 0;
	for (step = strstr(dev->path, "/pci"); step; step = strchr(step, '/')) {
		int err = append_step(ret_path, step + 1, strcspn(step + 1, "/"));

		if (err < 0)
			return err;
		step++;
	}
	return 0;
}

/* SHIM */
int device_driver(const struct device *dev, char ret[SYSFS_NAME_MAX])
{
	char link[PATH_MAX];
	int err;

	ret[0] = 0;
	if (util_format(link, sizeof(link), "%s/driver", dev->path) < 0)
		return 0;
	err = sysfs_link_name(AT_FDCWD, link, ret);
	return err == -ENOENT ? 0 : err;
}

bool device_is_vfio(const struct device *dev, const char *driver)
{
	char path[PATH_MAX];

	util_format(path, sizeof(path), "%s/vfio-dev", dev->path);
	return sysfs_exists(path) || strstr(driver, "vfio");
}

int device_physfn(const struct device *dev, char ret[SYSFS_NAME_MAX])
{
	char path[PATH_MAX];

	ret[0] = 0;
	util_format(path, sizeof(path), "%s/physfn", dev->path);
	sysfs_link_name(AT_FDCWD, path, ret);
	return 0;
}

int device_virtfn(const struct device *dev, unsigned int n, struct device *ret)
{
	char link[PATH_MAX], name[SYSFS_NAME_MAX];

	util_format(link, sizeof(link), "%s/physfn/virtfn%u", dev->path, n);
	if (sysfs_link_name(AT_FDCWD, link, name) < 0)
		return -ENOENT;
	return device_lookup(name, dev->bus, NULL, ret);
}
