/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes only below the root it is given; runs no tool. */
#include "change/initramfs.h"

#include "base/file.h"
#include "kernel/bus.h"
#include "kernel/driver.h"
#include "store/image.h"
#include "store/saved.h"
#include "kernel/lookup.h"
#include "use/use.h"

#include <errno.h>

/* Whether the file was removed since it was listed. A link to nothing has not been removed. */
static bool is_removed(const char *key, int err)
{
	return err == -ENOENT && !saved_has(key);
}

/* Whether a file without a driver's name is no saved override at all: its name begins with no bus.
 */
static bool is_foreign(const char *key)
{
	char bus[BUS_NAME_MAX];

	return !bus_split(key, bus);
}

static bool is_on_other_driver(const struct device *dev, const char *saved)
{
	char bound[SYSFS_NAME_MAX];

	device_driver(dev, bound);
	return bound[0] && !driver_is(dev->bus, bound, saved);
}

/* Return: 0; -EBUSY if the override is excluded; otherwise -errno of use_gather(). */
static int check_disk(const struct device *dev, const char *saved, struct use *ret_use)
{
	CLEANUP(uses_free) struct uses uses = { 0 };
	int err;

	if (!is_on_other_driver(dev, saved))
		return 0;
	err = use_gather(dev, 1, NULL, USE_FIND_DISKS, &uses);
	if (uses.n > 0) {
		*ret_use = uses.items[0];
		return -EBUSY;
	}
	return err;
}

int initramfs_export(const char *key, const char *root, struct device *ret_dev, struct use *ret_use)
{
	CLEANUP_CLOSE int dir_fd = -1;
	char saved[SYSFS_NAME_MAX];
	int err = device_open(key, DEVICE_KEY, NULL, NULL, ret_dev);

	if (err < 0 && err != -ENODEV)
		return err;
	err = saved_driver(key, saved);
	if (is_removed(key, err))
		return 0;
	if (err == -EBADMSG && is_foreign(key))
		return -EINVAL;
	if (err < 0)
		return err;
	err = check_disk(ret_dev, saved, ret_use);
	if (err < 0)
		return err;
	err = image_make_store(root, &dir_fd);
	if (err < 0)
		return err;
	err = saved_copy(key, dir_fd);
	return is_removed(key, err) ? 0 : err;
}

const char *initramfs_command(void)
{
	/* The paths to which the Makefile installs driverctl's part of each tool. */
	static const struct {
		const char *ours, *tool, *command;
	} tools[] = {
		{ INITRAMFSDIR "/hooks/driverctl", "/usr/sbin/update-initramfs",
			"update-initramfs -u" },
		/* On a system of ostree, /boot is not dracut's to write. */
		{ DRACUTDIR "/90driverctl/module-setup.sh", "/run/ostree-booted",
			"rpm-ostree initramfs --enable" },
		{ DRACUTDIR "/90driverctl/module-setup.sh", "/usr/bin/dracut", "dracut --force" },
		{ INITCPIODIR "/install/driverctl", "/usr/bin/mkinitcpio", "mkinitcpio -P" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		if (file_exists(tools[i].ours) && file_exists(tools[i].tool))
			return tools[i].command;
	}
	return NULL;
}
