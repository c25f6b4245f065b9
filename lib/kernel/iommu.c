/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the layout of IOMMU and VFIO groups. Changes nothing. */
#include "kernel/iommu.h"

#include "kernel/pci.h"

#include <errno.h>

#define GROUPS SYSFS "/kernel/iommu_groups"
#define VFIO_GROUPS SYSFS_CLASS "/vfio"

/* Return: 0; -ENOENT if the device has just been removed; other -errno. */
static int read_device(const char *dir, const char *name, struct device *ret)
{
	char bus[SYSFS_NAME_MAX];
	int err;

	err = sysfs_resolve(dir, name, ret->path);
	if (err < 0)
		return err;
	util_format(ret->name, sizeof(ret->name), "%s", strrchr(ret->path, '/') + 1);
	err = sysfs_link(ret->path, "subsystem", bus);
	if (err < 0)
		return err;
	util_format(ret->bus, sizeof(ret->bus), "%s", bus);
	return bus[0] ? 0 : -ENOENT;
}

static int read_member(const char *dir, const char *name, struct iommu_member *ret)
{
	int err;

	*ret = (struct iommu_member){ 0 };
	err = read_device(dir, name, &ret->dev);
	if (err < 0)
		return err;
	err = device_driver(&ret->dev, ret->driver);
	if (err < 0)
		return err;
	ret->vfio = device_is_vfio(&ret->dev, ret->driver);
	ret->bridge = pci_is_bridge(&ret->dev);
	return 0;
}

static int read_members(const char *dir, struct iommu_group *ret)
{
	CLEANUP_STRV char **names = NULL;
	size_t n;
	int err;

	err = sysfs_list(dir, NULL, &names, &n);
	if (err < 0)
		return err;
	ret->members = calloc(n + 1, sizeof(*ret->members));
	if (!ret->members)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		err = read_member(dir, names[i], &ret->members[ret->n_members]);
		if (err == -ENOENT)
			continue;
		if (err < 0)
			return err;
		ret->n_members++;
	}
	return 0;
}

int iommu_read_group(const char *name, struct iommu_group *ret)
{
	char dir[PATH_MAX];
	int err;

	*ret = (struct iommu_group){ 0 };
	util_format(ret->name, sizeof(ret->name), "%s", name);
	util_format(dir, sizeof(dir), GROUPS "/%s/devices", name);
	err = read_members(dir, ret);
	if (err < 0)
		iommu_free(ret);
	return err;
}

int iommu_read(const struct device *dev, struct iommu_group *ret)
{
	char name[SYSFS_NAME_MAX];
	int err;

	*ret = (struct iommu_group){ 0 };
	err = sysfs_link(dev->path, "iommu_group", name);
	if (err < 0)
		return err;
	return name[0] ? iommu_read_group(name, ret) : 0;
}

/* Whether a driver leaves DMA to the drivers of the other devices in the group. */
static bool leaves_dma(const char *driver)
{
	return streq(driver, "pcieport") || streq(driver, "pci-stub");
}

bool iommu_has_group(const struct device *dev)
{
	return sysfs_has(dev->path, "iommu_group");
}

/* Numbers as numbers: 10 comes after 9. */
static int compare_numbers(const void *a, const void *b)
{
	const char *first = *(char *const *)a, *second = *(char *const *)b;

	return strverscmp(first, second);
}

int iommu_list(char ***ret_names)
{
	size_t n;
	int err = sysfs_list(GROUPS, NULL, ret_names, &n);

	if (err < 0)
		return err;
	if (n > 1)
		qsort(*ret_names, n, sizeof(**ret_names), compare_numbers);
	return 0;
}

bool iommu_is_enabled(void)
{
	CLEANUP_STRV char **groups = NULL;

	return sysfs_list(GROUPS, NULL, &groups, NULL) == 0 && groups;
}

bool iommu_is_obstacle(const struct iommu_member *member)
{
	return member->driver[0] && !member->vfio && !leaves_dma(member->driver);
}

const struct iommu_member *iommu_obstacle(const struct iommu_group *group)
{
	for (size_t i = 0; i < group->n_members; i++)
		if (iommu_is_obstacle(&group->members[i]))
			return &group->members[i];
	return NULL;
}

bool iommu_may_be_open(const struct iommu_group *group)
{
	char noiommu[SYSFS_NAME_MAX + 16];

	if (sysfs_absent(SYSFS_CLASS, "vfio"))
		return !sysfs_absent(SYSFS_CLASS, "vfio-dev");
	util_format(noiommu, sizeof(noiommu), "noiommu-%s", group->name);
	return !sysfs_absent(VFIO_GROUPS, group->name) || !sysfs_absent(VFIO_GROUPS, noiommu);
}

static int add_node(
	const char *prefix, const struct iommu_group *group, struct iommu_node *nodes, size_t *n)
{
	struct iommu_node *node = &nodes[*n];
	char dir[PATH_MAX];
	int err;

	util_format(node->name, sizeof(node->name), "%s%s", prefix, group->name);
	util_format(dir, sizeof(dir), VFIO_GROUPS "/%s", node->name);
	err = chardev_read(dir, &node->number);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	(*n)++;
	return 0;
}

int iommu_list_nodes(const struct iommu_group *group, struct iommu_node *ret, size_t *ret_n)
{
	int err;

	*ret_n = 0;
	err = add_node("", group, ret, ret_n);
	return err < 0 ? err : add_node("noiommu-", group, ret, ret_n);
}

void iommu_free(struct iommu_group *group)
{
	free(group->members);
	*group = (struct iommu_group){ 0 };
}
