/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of devices, on a small /sys. Parts: argument, default bus, DEVPATH. */
#include "kernel/lookup.h"
#include "fuzz.h"
#include "kernel/bus.h"

#include <errno.h>
#include <sys/stat.h>

#define ROOT_PORT "/sys/devices/pci0000:00/0000:00:1c.0"
#define CARD ROOT_PORT "/0000:01:00.0"
#define VMD "/sys/devices/pci0000:00/10000:e1:00.0"
#define USB CARD "/usb1/1-1/1-1:1.0"
#define DPRC "/sys/devices/platform/80c000000.fsl-mc/dprc.1"

static void make_folder(const char *path)
{
	char part[PATH_MAX];

	for (const char *at = strchr(path + 1, '/');; at = strchr(at + 1, '/')) {
		util_format(part, sizeof(part), "%.*s",
			(int)(at ? (size_t)(at - path) : strlen(path)), path);
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			abort();
		if (!at)
			return;
	}
}

static void make_link(const char *target, const char *fmt, const char *name, const char *rest)
{
	char path[PATH_MAX];

	util_format(path, sizeof(path), fmt, name, rest);
	if (symlink(target, path) < 0)
		abort();
}

static void make_device(const char *bus, const char *path, bool overridable)
{
	char file[PATH_MAX];

	make_folder(path);
	util_format(file, sizeof(file), "/sys/bus/%s/devices", bus);
	make_folder(file);
	make_link(path, "/sys/bus/%s/devices/%s", bus, strrchr(path, '/') + 1);
	util_format(file, sizeof(file), "/sys/bus/%s", bus);
	make_link(file, "%s/%s", path, "subsystem");
	util_format(file, sizeof(file), "%s/driver_override", path);
	if (overridable && !fuzz_make(file, "(null)\n", 7))
		abort();
}

static void make_interface(const char *name, const char *device)
{
	char path[PATH_MAX];

	util_format(path, sizeof(path), "%s/net/%s", device, name);
	make_folder(path);
	make_folder("/sys/class/net");
	make_link(path, "/sys/class/net/%s%s", name, "");
	make_link(device, "%s/%s", path, "device");
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_enter();
	make_device("pci", ROOT_PORT, true);
	make_device("pci", CARD, true);
	make_device("virtio", CARD "/virtio0", false);
	make_device("pci", VMD, true);
	make_device("platform", "/sys/devices/platform/reg-dummy", true);
	make_device("platform", "/sys/devices/platform/Fixed MDIO bus.0", true);
	make_device("fsl-mc", DPRC, true);
	make_device("fsl", "/sys/devices/platform/mc-dprc.1", true);
	make_interface("enp1s0", CARD "/virtio0");
	make_interface("dpni0", DPRC);
	make_device("usb", USB, false);
	make_interface("enx0", USB);
	return 0;
}

static void check_names(const char *s)
{
	unsigned int ms = 0;
	long seconds = strtol(s, NULL, 10);
	bool valid = *s && strlen(s) <= 255 && !strchr(s, '/') && !streq(s, ".") && !streq(s, "..");
	size_t digits = strspn(s, "0123456789");

	for (const char *c = s; *c; c++)
		valid = valid && (unsigned char)*c >= ' ' && *c != 0x7f;
	fuzz_promise(util_name_valid(s) == valid);
	fuzz_promise(bus_valid(s) == (valid && strlen(s) < BUS_NAME_MAX));
	fuzz_promise(util_same_name(s, s));

	valid = digits >= 1 && digits <= 5 && !s[digits] && seconds >= 1 && seconds <= 86400;
	fuzz_promise(util_parse_seconds(s, &ms) == (valid ? 0 : -EINVAL));
	fuzz_promise(!valid || ms == (unsigned int)seconds * 1000);
}

static bool is_bus(const char *s, size_t length)
{
	char bus[PATH_MAX];

	return util_format(bus, sizeof(bus), "%.*s", (int)length, s) == 0 &&
	       sysfs_has(SYSFS_BUS, bus);
}

static void check_split(const char *arg)
{
	char bus[BUS_NAME_MAX];
	const char *name = bus_split(arg, bus);
	size_t length = name ? strlen(bus) : 0;

	if (name) {
		fuzz_promise(bus_valid(bus) && is_bus(bus, length));
		fuzz_promise(name == arg + length + 1 && *name && name[-1] == '-');
		fuzz_promise(strncmp(arg, bus, length) == 0);
	}
	/* No longer bus fits. */
	for (size_t i = length + 1; i < strnlen(arg, BUS_NAME_MAX); i++)
		fuzz_promise(arg[i] != '-' || !arg[i + 1] || *arg == '.' || memchr(arg, '/', i) ||
			     !is_bus(arg, i));
}

static void check_device(const struct device *dev, int err)
{
	char again_arg[sizeof(dev->bus) + sizeof(dev->name) + 1];
	static struct device again;

	fuzz_promise(bus_valid(dev->bus) && util_name_valid(dev->name));
	if (err == 0)
		fuzz_promise(sysfs_is_below(dev->path, "/sys/devices") &&
			     streq(strrchr(dev->path, '/') + 1, dev->name));
	else
		fuzz_promise(!*dev->path);
	util_format(again_arg, sizeof(again_arg), "%s/%s", dev->bus, dev->name);
	fuzz_promise(device_open(again_arg, DEVICE_ARGUMENT, "pci", NULL, &again) == err);
	fuzz_promise(streq(again.bus, dev->bus) && streq(again.name, dev->name) &&
		     streq(again.path, dev->path));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	CLEANUP_FREE char *arg = fuzz_part(&input, NULL), *bus = fuzz_part(&input, NULL);
	bool has_devpath = input.size > 0;
	CLEANUP_FREE char *devpath = fuzz_part(&input, NULL);
	static struct device dev;
	int err;

	check_names(arg);
	check_split(arg);
	err = device_open(arg, DEVICE_ARGUMENT, bus_valid(bus) ? bus : "pci",
		has_devpath ? devpath : NULL, &dev);
	if (!*arg)
		fuzz_promise(err == -EINVAL);
	if (err == -EXDEV)
		fuzz_promise(streq(arg, "enx0") && streq(dev.bus, "usb"));
	else
		fuzz_promise(err == 0 || err == -ENODEV || err == -EINVAL ||
			     (err == -EBADMSG && has_devpath));
	if (err == 0 || err == -ENODEV)
		check_device(&dev, err);
	return 0;
}
