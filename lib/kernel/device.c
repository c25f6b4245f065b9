/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the meaning of a device's files. Changes nothing and looks up no names (lookup.h). */
#include "kernel/device.h"

#include <ctype.h>
#include <errno.h>

#define PROC_BUS "/proc/bus"
#define HEX "0123456789abcdef"
/* 10000000:01:00.0: no PCI address is longer. */
#define PCI_ADDRESS_MAX 16
#define VF_NUMBER_MAX 65535

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

bool device_is_pci_address(const char *name)
{
	size_t domain = strspn(name, HEX);

	if (domain < 4 || domain > 8 || name[domain] != ':')
		return false;
	name += domain + 1;
	if (strlen(name) != strlen("00:00.0"))
		return false;
	if (strspn(name, HEX) != 2 || name[2] != ':')
		return false;
	if (strspn(name + 3, HEX) != 2 || name[5] != '.')
		return false;
	return name[6] >= '0' && name[6] <= '7';
}

bool device_pci_address(const char *name, char ret[SYSFS_NAME_MAX])
{
	bool has_domain = strlen(name) != strlen("00:00.0");

	if (strlen(name) > PCI_ADDRESS_MAX)
		return false;
	util_format(ret, SYSFS_NAME_MAX, "%s%s", has_domain ? "" : "0000:", name);
	for (char *c = ret; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return device_is_pci_address(ret);
}

bool device_is_present(const struct device *dev)
{
	return !sysfs_absent(dev->path, "uevent");
}

uint64_t device_instance(const struct device *dev)
{
	return dev->path[0] ? sysfs_inode(dev->path) : 0;
}

bool device_is_added(const struct device *dev)
{
	char file[PATH_MAX];
	const char *bus;

	if (!streq(dev->bus, "pci") || !device_is_pci_address(dev->name))
		return true;
	if (!sysfs_has(PROC_BUS, "pci"))
		return true;
	/* The directory is the bus, with its domain or without: that depends on the architecture.
	 */
	bus = dev->name + strlen(dev->name) - strlen("00:00.0");
	util_format(
		file, sizeof(file), "pci/%.*s/%s", (int)(bus + 2 - dev->name), dev->name, bus + 3);
	if (sysfs_has(PROC_BUS, file))
		return true;
	util_format(file, sizeof(file), "pci/%.2s/%s", bus, bus + 3);
	return sysfs_has(PROC_BUS, file);
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

void device_class(const struct device *dev, char ret[7])
{
	char value[32];

	ret[0] = '\0';
	if (sysfs_read(dev->path, "class", value, sizeof(value)) == (ssize_t)strlen("0x020000"))
		util_format(ret, 7, "%.6s", value + 2);
}

/* Host bridges, and those with devices behind them: PCI-to-PCI, CardBus, semi-transparent. */
bool device_is_bridge(const struct device *dev)
{
	char class[7];

	if (!streq(dev->bus, "pci"))
		return false;
	device_class(dev, class);
	return util_after_prefix(class, "0600") || device_is_pci_bridge(dev);
}

bool device_is_pci_bridge(const struct device *dev)
{
	static const char *const classes[] = { "0604", "0607", "0609" };
	char class[7];

	if (!streq(dev->bus, "pci"))
		return false;
	device_class(dev, class);
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (util_after_prefix(class, classes[i]))
			return true;
	return false;
}

int device_physfn(const struct device *dev, char ret_name[SYSFS_NAME_MAX])
{
	return sysfs_link(dev->path, "physfn", ret_name);
}

int device_virtfn(const struct device *dev, unsigned int number, struct device *ret)
{
	char link[32];
	int err;

	*ret = (struct device){ 0 };
	util_format(link, sizeof(link), "physfn/virtfn%u", number);
	err = sysfs_resolve(dev->path, link, ret->path);
	if (err < 0)
		return err;
	util_format(ret->bus, sizeof(ret->bus), "%s", dev->bus);
	return util_format(ret->name, sizeof(ret->name), "%s", strrchr(ret->path, '/') + 1);
}

int device_count_vfs(const struct device *dev, unsigned long *ret)
{
	char value[32];
	ssize_t n;

	*ret = 0;
	n = sysfs_read(dev->path, "sriov_numvfs", value, sizeof(value));
	if (n == -ENOENT)
		return 0;
	if (n < 0)
		return (int)n;
	*ret = strtoul(value, NULL, 10);
	return 0;
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

/* Appends a step of a path. Of an address, only device.function goes in, its last four bytes. */
static int append_step(char path[PATH_MAX], const char *step, size_t length)
{
	size_t used = strlen(path);
	char part[SYSFS_NAME_MAX];
	const char *text = part;

	if (util_format(part, sizeof(part), "%.*s", (int)length, step) < 0)
		return -ENAMETOOLONG;
	if (device_is_pci_address(part))
		text = part + length - strlen("00.0");
	return util_format(path + used, PATH_MAX - used, "%s%s", used ? "/" : "", text);
}

/* The directory of a device whose path is a link. */
static int find_dir(const struct device *dev, char ret_path[PATH_MAX])
{
	char dir[PATH_MAX];

	if (sysfs_is_below(dev->path, SYSFS_DEVICES))
		return util_format(ret_path, PATH_MAX, "%s", dev->path);
	bus_devices_dir(dev->bus, dir);
	return sysfs_link_target(dir, dev->name, ret_path);
}

/* @path: below /sys/devices, without links */
static int write_place(const char *path, char ret_place[PATH_MAX])
{
	const char *slash;

	ret_place[0] = '\0';
	for (slash = strstr(path, "/pci"); slash; slash = strchr(slash + 1, '/')) {
		int err = append_step(ret_place, slash + 1, strcspn(slash + 1, "/"));

		if (err < 0)
			return err;
	}
	return 0;
}

int device_place(const struct device *dev, char ret_place[PATH_MAX])
{
	char path[PATH_MAX];
	int err;

	ret_place[0] = '\0';
	if (!streq(dev->bus, "pci"))
		return 0;
	err = find_dir(dev, path);
	return err < 0 ? err : write_place(path, ret_place);
}

int device_physfn_place(const struct device *dev, char ret_place[PATH_MAX])
{
	char path[PATH_MAX], physfn[PATH_MAX];
	int err;

	ret_place[0] = '\0';
	err = find_dir(dev, path);
	if (err < 0)
		return err;
	err = sysfs_link_target(path, "physfn", physfn);
	return err < 0 ? err : write_place(physfn, ret_place);
}

/* Return: 0 if it is not known. */
static int total_vfs(const struct device *dev)
{
	char value[32];

	sysfs_read_text(dev->path, "physfn/sriov_totalvfs", value, sizeof(value));
	return (int)strtol(value, NULL, 10);
}

/* Single functions can be missing: s390 and POWER remove them.
 * Source: zpci_iov_remove_virtfn() and eeh_rmv_device() in Linux. */
int device_vf_number(const struct device *dev, int *ret)
{
	int total = total_vfs(dev);

	for (int i = 0; i <= VF_NUMBER_MAX; i++) {
		char link[32], name[SYSFS_NAME_MAX];
		int err;

		util_format(link, sizeof(link), "physfn/virtfn%d", i);
		err = sysfs_link(dev->path, link, name);
		if (err < 0)
			return err;
		if (!name[0] && i >= total)
			break;
		if (streq(name, dev->name)) {
			*ret = i;
			return 0;
		}
	}
	return -ENOENT;
}

int device_identity(
	const struct device *dev, char ret_modalias[SYSFS_VALUE_MAX], char ret_path[PATH_MAX])
{
	int err;

	ret_path[0] = '\0';
	err = device_modalias(dev, ret_modalias);
	return err < 0 ? err : device_place(dev, ret_path);
}
