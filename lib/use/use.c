/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the users of a device; changes nothing. */
#include "use/use.h"

#include "use/block.h"
#include "kernel/mdev.h"
#include "use/fuser.h"
#include "use/route.h"

#include <errno.h>
#include <fcntl.h>

#define VFIO_GROUPS "/sys/class/vfio"
#define VFIO_DEVICES "/sys/class/vfio-dev"

/* --- open nodes --- */

/* The nodes of one kind below a device: FOLDER/NAME is /dev/PREFIX/NAME. */
static int add_nodes(const struct device *dev, const char *folder, const char *prefix,
	char ***nodes, size_t *n_nodes)
{
	CLEANUP_STRV char **names = NULL;
	char path[PATH_MAX], node[PATH_MAX];
	int err = util_format(path, sizeof(path), "%s/%s", dev->path, folder);

	if (err == 0)
		err = sysfs_list(path, &names, NULL);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	for (char **name = names; err == 0 && name && *name; name++)
		if (util_format(node, sizeof(node), "%s/%s", prefix, *name) == 0)
			err = util_strv_add(nodes, n_nodes, node);
	return err;
}

/*
 * A group without a VFIO device is open nowhere, and no process needs to be looked into, which
 * takes most of the time of a load. The group's own entry outlasts the device, also while a blocked
 * unbind waits for the one who has it open. A kernel that knows no groups tells nothing.
 *
 * Source: vfio_unregister_group_dev() in Linux drivers/vfio/vfio_main.c, vfio_group_alloc() in
 * drivers/vfio/group.c.
 */
static bool may_be_open(const struct iommu_group *group)
{
	char path[PATH_MAX], noiommu[PATH_MAX];

	if (sysfs_absent(VFIO_GROUPS))
		return !sysfs_absent(VFIO_DEVICES);
	return util_format(path, sizeof(path), VFIO_GROUPS "/%s", group->name) < 0 ||
	       util_format(noiommu, sizeof(noiommu), VFIO_GROUPS "/noiommu-%s", group->name) < 0 ||
	       !sysfs_absent(path) || !sysfs_absent(noiommu);
}

static int vfio_nodes(const struct device *dev, char ***nodes, size_t *n_nodes)
{
	struct iommu_group group = { 0 };
	char node[SYSFS_NAME_MAX + 16];
	int err = iommu_read(dev, &group);

	if (err < 0 || !group.name[0] || !may_be_open(&group)) {
		iommu_free(&group);
		return err;
	}
	util_format(node, sizeof(node), "vfio/%s", group.name);
	err = util_strv_add(nodes, n_nodes, node);
	util_format(node, sizeof(node), "vfio/noiommu-%s", group.name);
	if (err == 0)
		err = util_strv_add(nodes, n_nodes, node);
	for (size_t i = 0; err == 0 && i < group.n_members; i++)
		err = add_nodes(&group.members[i].dev, "vfio-dev", "vfio/devices", nodes, n_nodes);
	for (size_t i = 0; err == 0 && i < group.n_members; i++)
		if (!group.members[i].driver[0] && !group.members[i].bridge) {
			err = util_strv_add(nodes, n_nodes, "vfio/devices/vfio*");
			break;
		}
	iommu_free(&group);
	return err;
}

static int find_process(const struct device *dev, bool all, struct use *ret)
{
	CLEANUP_STRV char **nodes = NULL;
	CLEANUP_FREE struct fuser *fuser = malloc(sizeof(*fuser));
	size_t n = 0;
	int err = fuser ? vfio_nodes(dev, &nodes, &n) : -ENOMEM;

	if (err == 0 && all)
		err = add_nodes(dev, "drm", "dri", &nodes, &n);
	if (err == 0 && all)
		err = add_nodes(dev, "accel", "accel", &nodes, &n);
	if (err < 0 || !fuser_find(nodes, fuser, &ret->unseen))
		return err;
	ret->kind = USE_PROCESS;
	ret->pid = fuser->pid;
	util_format(ret->user, sizeof(ret->user), "%s", fuser->program);
	util_format(ret->node, sizeof(ret->node), "%s", fuser->node);
	return 0;
}

/* --- what is made of it --- */

static int find_functions(const struct device *dev, struct use *ret)
{
	char path[PATH_MAX];
	ssize_t n = util_format(path, sizeof(path), "%s/sriov_numvfs", dev->path);

	if (n == 0)
		n = sysfs_read(AT_FDCWD, path, ret->user, sizeof(ret->user));
	if (n < 0)
		return n == -ENOENT ? 0 : (int)n;
	if (n > 0 && !streq(ret->user, "0"))
		ret->kind = USE_FUNCTIONS;
	return 0;
}

static int find_mdevs(const struct device *dev, struct use *ret)
{
	struct mdev_parent parent;
	int err = mdev_read(dev, &parent);

	if (err == 0 && parent.n_children > 0) {
		ret->kind = USE_MDEVS;
		util_format(ret->user, sizeof(ret->user), "%zu", parent.n_children);
	}
	mdev_free(&parent);
	return err;
}

static int find_route(const struct device *dev, struct use *ret)
{
	struct route route;
	int err = route_find_default(dev, &route);

	if (err < 0 || !route.interface[0])
		return err;
	ret->kind = USE_ROUTE;
	util_format(ret->node, sizeof(ret->node), "%s", route.interface);
	util_format(ret->user, sizeof(ret->user), "%s", route.upper);
	return 0;
}

int use_find_disk(const struct device *dev, struct use *ret)
{
	static const enum use_kind kinds[] = {
		[BLOCK_FREE] = USE_NONE,
		[BLOCK_UNKNOWN] = USE_UNKNOWN,
		[BLOCK_CLAIMED] = USE_CLAIMED,
		[BLOCK_PART] = USE_DEVICE,
		[BLOCK_SWAP] = USE_SWAP,
		[BLOCK_MOUNT] = USE_MOUNT,
	};
	CLEANUP_FREE struct block_claim *claim = malloc(sizeof(*claim));
	int err = claim ? block_find_claim(dev, claim) : -ENOMEM;

	if (err < 0)
		return err;
	ret->kind = kinds[claim->kind];
	ret->error = claim->error;
	memcpy(ret->node, claim->node, sizeof(ret->node));
	memcpy(ret->user, claim->user, sizeof(ret->user));
	return 0;
}

int use_find(const struct device *dev, bool all, struct use *ret)
{
	int err;

	*ret = (struct use){ 0 };
	err = find_process(dev, all, ret);
	if (err == 0 && !ret->kind)
		err = find_functions(dev, ret);
	if (err == 0 && !ret->kind)
		err = find_mdevs(dev, ret);
	if (err == 0 && !ret->kind && all)
		err = find_route(dev, ret);
	if (err == 0 && !ret->kind)
		err = use_find_disk(dev, ret);
	return err;
}
