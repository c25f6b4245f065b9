/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads groups; changes nothing. */
#include "kernel/iommu.h"

#include <errno.h>
#include <fcntl.h>

/* Of the bridges those that have devices behind them: PCI-to-PCI, CardBus, semi-transparent. */
static const char *const bridge_classes[] = { "0x0604", "0x0607", "0x0609" };

static bool is_bridge(const struct device *dev)
{
	char path[PATH_MAX], class[32];

	if (!streq(dev->bus, "pci") || util_format(path, sizeof(path), "%s/class", dev->path) < 0 ||
		sysfs_read(AT_FDCWD, path, class, sizeof(class)) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(bridge_classes); i++)
		if (util_after_prefix(class, bridge_classes[i]))
			return true;
	return false;
}

/* Return: 0, or -errno: -ENOENT for one that has just gone. */
static int read_member(const char *link, struct iommu_member *ret)
{
	char path[PATH_MAX], bus[SYSFS_NAME_MAX];
	int err;

	*ret = (struct iommu_member){ 0 };
	if (!realpath(link, ret->dev.path))
		return -errno;
	util_format(ret->dev.name, sizeof(ret->dev.name), "%s", strrchr(ret->dev.path, '/') + 1);
	err = util_format(path, sizeof(path), "%s/subsystem", ret->dev.path);
	if (err == 0)
		err = sysfs_link_name(AT_FDCWD, path, bus);
	if (err < 0)
		return err;
	util_format(ret->dev.bus, sizeof(ret->dev.bus), "%s", bus);
	err = util_format(path, sizeof(path), "%s/driver", ret->dev.path);
	if (err == 0)
		err = sysfs_link_name(AT_FDCWD, path, ret->driver);
	if (err < 0 && err != -ENOENT)
		return err;
	if (util_format(path, sizeof(path), "%s/vfio-dev", ret->dev.path) == 0)
		ret->vfio = sysfs_exists(path);
	/* Linux before 6.1 has no vfio-dev; its VFIO drivers all have that in their name. */
	ret->vfio = ret->vfio || strstr(ret->driver, "vfio");
	ret->bridge = is_bridge(&ret->dev);
	return 0;
}

int iommu_read(const struct device *dev, struct iommu_group *ret)
{
	char folder[PATH_MAX], link[PATH_MAX];
	CLEANUP_STRV char **names = NULL;
	size_t n;
	int err;

	*ret = (struct iommu_group){ 0 };
	err = util_format(link, sizeof(link), "%s/iommu_group", dev->path);
	if (err == 0)
		err = sysfs_link_name(AT_FDCWD, link, ret->name);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	util_format(folder, sizeof(folder), "%s/devices", link);
	err = sysfs_list(folder, &names, &n);
	if (err < 0)
		return err;
	ret->members = calloc(n + 1, sizeof(*ret->members));
	if (!ret->members)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		util_format(link, sizeof(link), "%s/%s", folder, names[i]);
		err = read_member(link, &ret->members[ret->n_members]);
		if (err == 0)
			ret->n_members++;
		if (err < 0 && err != -ENOENT) {
			iommu_free(ret);
			return err;
		}
	}
	return 0;
}

const struct iommu_member *iommu_obstacle(const struct iommu_group *group)
{
	for (size_t i = 0; i < group->n_members; i++) {
		const struct iommu_member *m = &group->members[i];

		if (m->driver[0] && !m->vfio && !m->bridge && !streq(m->driver, "pci-stub"))
			return m;
	}
	return NULL;
}

void iommu_free(struct iommu_group *group)
{
	free(group->members);
	*group = (struct iommu_group){ 0 };
}
