/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the layout of /sys/class/block. Opens no block device. */
#include "kernel/blockdev.h"

#include <errno.h>

#define BLOCK SYSFS_CLASS "/block"

/*
 * The directory of the NVMe subsystem that a disk of several paths is in:
 * /sys/devices/virtual/nvme-subsystem/nvme-subsys0 of .../nvme-subsys0/nvme0n1.
 */
static bool find_nvme_subsystem(const char *block, char ret_dir[PATH_MAX])
{
	const char *class = strstr(block, "/nvme-subsys");
	const char *subsystem = class ? strstr(class + 1, "/nvme-subsys") : NULL;
	const char *disk = subsystem ? strchr(subsystem + 1, '/') : NULL;

	if (!disk)
		return false;
	util_format(ret_dir, PATH_MAX, "%.*s", (int)(disk - block), block);
	return true;
}

/* The subsystem has a link for each controller. Return: 1 if one is below @dev, 0, or -errno. */
static int is_nvme_disk_of(const char *block, const struct device *dev)
{
	char subsystem[PATH_MAX], controller[PATH_MAX];
	CLEANUP_STRV char **names = NULL;
	int err;

	if (!find_nvme_subsystem(block, subsystem))
		return 0;
	err = sysfs_list(subsystem, NULL, &names, NULL);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	for (char **name = names; name && *name; name++) {
		if (!util_after_prefix(*name, "nvme"))
			continue;
		err = sysfs_link_target(subsystem, *name, controller);
		/* A disk is a directory, not a link. */
		if (err == -EINVAL || err == -ENOENT)
			continue;
		if (err < 0)
			return err;
		if (sysfs_is_below(controller, dev->path))
			return 1;
	}
	return 0;
}

/* Return: 1 if the block device belongs to @dev, 0, or -errno. */
static int is_block_of(const char *block, const struct device *dev)
{
	char path[PATH_MAX];
	int err = sysfs_link_target(BLOCK, block, path);

	if (err < 0)
		return err == -ENOENT ? 0 : err;
	if (sysfs_is_below(path, dev->path))
		return 1;
	return is_nvme_disk_of(path, dev);
}

int blockdev_list(const struct device *dev, char ***ret_names)
{
	CLEANUP_STRV char **all = NULL, **names = NULL;
	size_t n = 0;
	int err;

	*ret_names = NULL;
	err = sysfs_list(BLOCK, NULL, &all, NULL);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	for (char **name = all; name && *name; name++) {
		int below = is_block_of(*name, dev);

		if (below < 0)
			return below;
		if (!below)
			continue;
		err = util_strv_add(&names, &n, *name);
		if (err < 0)
			return err;
	}
	*ret_names = STEAL(names);
	return 0;
}

static void block_dir(const char *block, char ret_dir[PATH_MAX])
{
	util_format(ret_dir, PATH_MAX, BLOCK "/%s", block);
}

void blockdev_read(const char *block, const char *name, char *buf, size_t size)
{
	char dir[PATH_MAX];

	block_dir(block, dir);
	sysfs_read_text(dir, name, buf, size);
}

int blockdev_holders(const char *block, char ***ret_names)
{
	char dir[PATH_MAX];

	block_dir(block, dir);
	return sysfs_list(dir, "holders", ret_names, NULL);
}

bool blockdev_is_part(const char *block, const char *disk)
{
	char dir[PATH_MAX];

	block_dir(disk, dir);
	return !streq(block, disk) && sysfs_has(dir, block);
}

int blockdev_loops(const char *node, char ***ret_names)
{
	CLEANUP_STRV char **all = NULL, **names = NULL;
	char dir[PATH_MAX], file[PATH_MAX];
	size_t n_names = 0;
	int err;

	*ret_names = NULL;
	err = sysfs_list(BLOCK, NULL, &all, NULL);
	if (err < 0)
		return err;
	for (char **name = all; name && *name; name++) {
		ssize_t n;

		if (!util_after_prefix(*name, "loop"))
			continue;
		block_dir(*name, dir);
		n = sysfs_read(dir, "loop/backing_file", file, sizeof(file));
		/* A loop device without a file has no such attribute, or has just lost it. */
		if (n == -ENOENT || n == -ENODEV || n == -ENXIO)
			continue;
		if (n < 0)
			return (int)n;
		if (!streq(file, node))
			continue;
		err = util_strv_add(&names, &n_names, *name);
		if (err < 0)
			return err;
	}
	*ret_names = STEAL(names);
	return 0;
}
