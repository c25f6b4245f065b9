/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads sysfs; makes and removes no mediated device. */
#include "kernel/mdev.h"

#include <errno.h>
#include <fcntl.h>

static int read_types(const char *folder, struct mdev_parent *ret)
{
	CLEANUP_STRV char **ids = NULL;
	size_t n;
	int err = sysfs_list(folder, &ids, &n);

	if (err < 0)
		return err;
	ret->types = calloc(n + 1, sizeof(*ret->types));
	if (!ret->types)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct mdev_type *type = &ret->types[ret->n_types++];
		char path[PATH_MAX];

		util_format(type->id, sizeof(type->id), "%s", ids[i]);
		if (util_format(path, sizeof(path), "%s/%s", folder, ids[i]) < 0)
			continue;
		sysfs_read_text(path, "name", type->name, sizeof(type->name));
		sysfs_read_text(path, "device_api", type->device_api, sizeof(type->device_api));
		sysfs_read_text(
			path, "available_instances", type->available, sizeof(type->available));
	}
	return 0;
}

static int read_children(const struct device *dev, struct mdev_parent *ret)
{
	CLEANUP_STRV char **names = NULL;
	size_t n;
	int err = sysfs_list(dev->path, &names, &n);

	if (err < 0)
		return err;
	ret->children = calloc(n + 1, sizeof(*ret->children));
	if (!ret->children)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct mdev_child *child = &ret->children[ret->n_children];
		char link[PATH_MAX];

		if (util_format(link, sizeof(link), "%s/%s/mdev_type", dev->path, names[i]) < 0)
			continue;
		err = sysfs_link_name(AT_FDCWD, link, child->type);
		/* Most of what is there is no mediated device: a file, or a folder without it. */
		if (err == -ENOENT || err == -ENOTDIR)
			continue;
		if (err < 0)
			return err;
		util_format(child->uuid, sizeof(child->uuid), "%s", names[i]);
		ret->n_children++;
	}
	return 0;
}

int mdev_read(const struct device *dev, struct mdev_parent *ret)
{
	char folder[PATH_MAX];
	int err = util_format(folder, sizeof(folder), "%s/mdev_supported_types", dev->path);

	*ret = (struct mdev_parent){ 0 };
	if (err < 0 || sysfs_absent(folder))
		return err;
	err = read_types(folder, ret);
	return err < 0 ? err : read_children(dev, ret);
}

void mdev_free(struct mdev_parent *parent)
{
	free(parent->types);
	free(parent->children);
	*parent = (struct mdev_parent){ 0 };
}
