/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files and the names of PCI devices. */
#include "kernel/pci.h"

#include "kernel/bus.h"

#include <ctype.h>
#include <errno.h>

#define PROC_BUS "/proc/bus"
#define HEX "0123456789abcdef"
/* 10000000:01:00.0: no PCI address is longer. */
#define ADDRESS_MAX 16
#define VF_NUMBER_MAX 65535

static const struct {
	const char *word, *code;
} classes[] = {
	{ "all", "" },
	{ "storage", "01" },
	{ "network", "02" },
	{ "display", "03" },
	{ "multimedia", "04" },
	{ "memory", "05" },
	{ "bridge", "06" },
	{ "communication", "07" },
	{ "system", "08" },
	{ "input", "09" },
	{ "docking", "0a" },
	{ "processor", "0b" },
	{ "serial", "0c" },
	{ "wireless", "0d" },
	{ "encryption", "10" },
	{ "signal", "11" },
	{ "accelerator", "12" },
	{ "gpu", "03" },
	{ "nic", "02" },
	{ "nvme", "0108" },
	{ "audio", "0403" },
	{ "usb", "0c03" },
};

bool pci_is_address(const char *name)
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

bool pci_address(const char *name, char ret[SYSFS_NAME_MAX])
{
	bool has_domain = strlen(name) != strlen("00:00.0");

	if (strlen(name) > ADDRESS_MAX)
		return false;
	util_format(ret, SYSFS_NAME_MAX, "%s%s", has_domain ? "" : "0000:", name);
	for (char *c = ret; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return pci_is_address(ret);
}

bool pci_is_added(const struct device *dev)
{
	char file[PATH_MAX];
	const char *bus;

	if (!streq(dev->bus, "pci") || !pci_is_address(dev->name) || !sysfs_has(PROC_BUS, "pci"))
		return true;
	/* The directory is the bus, with its domain or without: the architecture decides. */
	bus = dev->name + strlen(dev->name) - strlen("00:00.0");
	util_format(
		file, sizeof(file), "pci/%.*s/%s", (int)(bus + 2 - dev->name), dev->name, bus + 3);
	if (sysfs_has(PROC_BUS, file))
		return true;
	util_format(file, sizeof(file), "pci/%.2s/%s", bus, bus + 3);
	return sysfs_has(PROC_BUS, file);
}

void pci_class(const struct device *dev, char ret[7])
{
	char value[32];

	ret[0] = '\0';
	if (sysfs_read(dev->path, "class", value, sizeof(value)) == (ssize_t)strlen("0x020000"))
		util_format(ret, 7, "%.6s", value + 2);
}

const char *pci_class_code(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (streq(classes[i].word, word))
			return classes[i].code;
	return NULL;
}

void pci_class_words(char *ret, size_t size)
{
	size_t at = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		util_format(ret + at, size - at, " %s", classes[i].word);
		at += strlen(ret + at);
	}
}

bool pci_is_bridge(const struct device *dev)
{
	char class[7];

	if (!streq(dev->bus, "pci"))
		return false;
	pci_class(dev, class);
	/* A host bridge has no devices behind it. */
	return util_after_prefix(class, "0600") || pci_leads_to_devices(dev);
}

bool pci_leads_to_devices(const struct device *dev)
{
	char class[7];

	if (!streq(dev->bus, "pci"))
		return false;
	pci_class(dev, class);
	/* PCI-to-PCI, CardBus, semi-transparent */
	return util_after_prefix(class, "0604") || util_after_prefix(class, "0607") ||
	       util_after_prefix(class, "0609");
}

int pci_physfn(const struct device *dev, char ret_name[SYSFS_NAME_MAX])
{
	return sysfs_link(dev->path, "physfn", ret_name);
}

int pci_virtfn(const struct device *dev, unsigned int number, struct device *ret)
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

int pci_count_vfs(const struct device *dev, unsigned long *ret)
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

/* Single functions can be missing: s390 and POWER remove them.
 * Source: zpci_iov_remove_virtfn() and eeh_rmv_device() in Linux. */
int pci_vf_number(const struct device *dev, int *ret)
{
	char value[32];
	int total;

	sysfs_read_text(dev->path, "physfn/sriov_totalvfs", value, sizeof(value));
	total = (int)strtol(value, NULL, 10);
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

/* The directory of a device, whose path may be a link. */
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
	size_t used = 0;

	ret_place[0] = '\0';
	for (const char *slash = strstr(path, "/pci"); slash; slash = strchr(slash + 1, '/')) {
		char part[SYSFS_NAME_MAX];
		size_t length = strcspn(slash + 1, "/");
		const char *text = part;

		if (util_format(part, sizeof(part), "%.*s", (int)length, slash + 1) < 0)
			return -ENAMETOOLONG;
		/* Of an address, only device.function goes in. */
		if (pci_is_address(part))
			text = part + length - strlen("00.0");
		if (util_format(ret_place + used, PATH_MAX - used, "%s%s", used ? "/" : "", text) <
			0)
			return -ENAMETOOLONG;
		used += strlen(ret_place + used);
	}
	return 0;
}

int pci_place(const struct device *dev, char ret_place[PATH_MAX])
{
	char path[PATH_MAX];
	int err;

	ret_place[0] = '\0';
	if (!streq(dev->bus, "pci"))
		return 0;
	err = find_dir(dev, path);
	return err < 0 ? err : write_place(path, ret_place);
}

int pci_physfn_place(const struct device *dev, char ret_place[PATH_MAX])
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

int pci_identity(
	const struct device *dev, char ret_modalias[SYSFS_VALUE_MAX], char ret_place[PATH_MAX])
{
	int err;

	ret_place[0] = '\0';
	err = device_modalias(dev, ret_modalias);
	return err < 0 ? err : pci_place(dev, ret_place);
}
