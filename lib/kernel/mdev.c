/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the layout of mediated devices. Creates and removes none. */
#include "kernel/mdev.h"

#include <errno.h>

#define TYPES "mdev_supported_types"

static void read_type(const char *dir, struct mdev_type *type)
{
	sysfs_read_text(dir, "name", type->name, sizeof(type->name));
	sysfs_read_text(dir, "device_api", type->device_api, sizeof(type->device_api));
	sysfs_read_text(dir, "available_instances", type->available, sizeof(type->available));
}

static int read_types(const struct device *dev, struct mdev_parent *ret)
{
	CLEANUP_STRV char **ids = NULL;
	size_t n;
	int err;

	err = sysfs_list(dev->path, TYPES, &ids, &n);
	if (err < 0)
		return err;
	ret->types = calloc(n + 1, sizeof(*ret->types));
	if (!ret->types)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct mdev_type *type = &ret->types[ret->n_types++];
		char dir[PATH_MAX];

		util_format(type->id, sizeof(type->id), "%s", ids[i]);
		if (util_format(dir, sizeof(dir), "%s/" TYPES "/%s", dev->path, ids[i]) < 0)
			continue;
		read_type(dir, type);
	}
	return 0;
}

static int read_children(const struct device *dev, struct mdev_parent *ret)
{
	CLEANUP_STRV char **names = NULL;
	size_t n;
	int err;

	err = sysfs_list(dev->path, NULL, &names, &n);
	if (err < 0)
		return err;
	ret->children = calloc(n + 1, sizeof(*ret->children));
	if (!ret->children)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct mdev_child *child = &ret->children[ret->n_children];
		char link[SYSFS_NAME_MAX + 16];

		util_format(link, sizeof(link), "%s/mdev_type", names[i]);
		err = sysfs_link(dev->path, link, child->type);
		/* Most names are not mediated devices: files, and directories without the link. */
		if (err == -ENOTDIR)
			continue;
		if (err < 0)
			return err;
		if (!child->type[0])
			continue;
		util_format(child->uuid, sizeof(child->uuid), "%s", names[i]);
		ret->n_children++;
	}
	return 0;
}

int mdev_read(const struct device *dev, struct mdev_parent *ret)
{
	int err;

	*ret = (struct mdev_parent){ 0 };
	if (sysfs_absent(dev->path, TYPES))
		return 0;
	err = read_types(dev, ret);
	if (err < 0)
		return err;
	return read_children(dev, ret);
}

void mdev_free(struct mdev_parent *parent)
{
	free(parent->types);
	free(parent->children);
	*parent = (struct mdev_parent){ 0 };
}
