/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the order in which the uses of a device are looked for. Changes nothing. */
#include "use/use.h"

#include "kernel/mdev.h"
#include "use/block.h"
#include "use/fuser.h"
#include "use/route.h"

#include <errno.h>

/* --- open nodes --- */

/* Adds the nodes of one kind: NAME in the directory is /dev/PREFIX/NAME. */
static int add_nodes(const struct device *dev, const char *dir, const char *prefix, char ***nodes,
	size_t *n_nodes)
{
	CLEANUP_STRV char **names = NULL;
	char node[PATH_MAX];
	int err;

	err = sysfs_list(dev->path, dir, &names, NULL);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	for (char **name = names; name && *name; name++) {
		if (util_format(node, sizeof(node), "%s/%s", prefix, *name) < 0)
			continue;
		err = util_strv_add(nodes, n_nodes, node);
		if (err < 0)
			return err;
	}
	return 0;
}

static int add_group_nodes(const struct iommu_group *group, char ***nodes, size_t *n_nodes)
{
	char node[SYSFS_NAME_MAX + 16];
	int err;

	util_format(node, sizeof(node), "vfio/%s", group->name);
	err = util_strv_add(nodes, n_nodes, node);
	if (err < 0)
		return err;
	util_format(node, sizeof(node), "vfio/noiommu-%s", group->name);
	return util_strv_add(nodes, n_nodes, node);
}

static int add_member_nodes(const struct iommu_group *group, char ***nodes, size_t *n_nodes)
{
	bool unbound = false;

	for (size_t i = 0; i < group->n_members; i++) {
		const struct iommu_member *m = &group->members[i];
		int err = add_nodes(&m->dev, "vfio-dev", "vfio/devices", nodes, n_nodes);

		if (err < 0)
			return err;
		unbound = unbound || (!m->driver[0] && !m->bridge);
	}
	/* A deleted node may be the one of a member that is being unbound. */
	return unbound ? util_strv_add(nodes, n_nodes, "vfio/devices/vfio*") : 0;
}

static int add_vfio_nodes(const struct device *dev, char ***nodes, size_t *n_nodes)
{
	CLEANUP(iommu_free) struct iommu_group group = { 0 };
	int err;

	err = iommu_read(dev, &group);
	if (err < 0)
		return err;
	/* Looking into the processes takes most of the time of a load. */
	if (!group.name[0] || !iommu_may_be_open(&group))
		return 0;
	err = add_group_nodes(&group, nodes, n_nodes);
	if (err < 0)
		return err;
	return add_member_nodes(&group, nodes, n_nodes);
}

static int list_nodes(const struct device *dev, bool all, char ***nodes)
{
	size_t n = 0;
	int err;

	err = add_vfio_nodes(dev, nodes, &n);
	if (err < 0 || !all)
		return err;
	err = add_nodes(dev, "drm", "dri", nodes, &n);
	if (err < 0)
		return err;
	return add_nodes(dev, "accel", "accel", nodes, &n);
}

static int find_process(const struct device *dev, bool all, struct use *ret)
{
	CLEANUP_STRV char **nodes = NULL;
	struct fuser fuser;
	int err;

	err = list_nodes(dev, all, &nodes);
	if (err < 0)
		return err;
	err = fuser_find(nodes, &fuser, &ret->unseen);
	if (err <= 0)
		return err;
	ret->kind = USE_PROCESS;
	ret->pid = fuser.pid;
	util_format(ret->user, sizeof(ret->user), "%s", fuser.program);
	util_format(ret->node, sizeof(ret->node), "%s", fuser.node);
	return 0;
}

/* --- what depends on the driver --- */

static int find_functions(const struct device *dev, struct use *ret)
{
	unsigned long n;
	int err;

	err = device_count_vfs(dev, &n);
	if (err < 0 || n == 0)
		return err;
	ret->kind = USE_FUNCTIONS;
	util_format(ret->user, sizeof(ret->user), "%lu", n);
	return 0;
}

static int find_mdevs(const struct device *dev, struct use *ret)
{
	CLEANUP(mdev_free) struct mdev_parent parent = { 0 };
	int err;

	err = mdev_read(dev, &parent);
	if (err < 0 || parent.n_children == 0)
		return err;
	ret->kind = USE_MDEVS;
	util_format(ret->user, sizeof(ret->user), "%zu", parent.n_children);
	return 0;
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
	int err;

	if (!claim)
		return -ENOMEM;
	err = block_find_claim(dev, claim);
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
	if (err < 0 || ret->kind)
		return err;
	err = find_functions(dev, ret);
	if (err < 0 || ret->kind)
		return err;
	err = find_mdevs(dev, ret);
	if (err < 0 || ret->kind)
		return err;
	if (all)
		err = find_route(dev, ret);
	if (err < 0 || ret->kind)
		return err;
	return use_find_disk(dev, ret);
}

int use_claim(const struct device *dev, bool all, struct use *ret, struct use_claim *ret_claim)
{
	int err = use_find(dev, all, ret);

	if (err < 0 || ret->kind || ret->unseen)
		return err;
	err = block_hold(dev, &ret_claim->fds, &ret_claim->n);
	if (err != -EBUSY)
		return err;
	/* A disk has come into use since: name what uses it. */
	use_release(ret_claim);
	err = use_find_disk(dev, ret);
	if (err < 0 || ret->kind)
		return err;
	return -EBUSY;
}

void use_release(struct use_claim *claim)
{
	for (size_t i = 0; i < claim->n; i++)
		close(claim->fds[i]);
	free(claim->fds);
	*claim = (struct use_claim){ 0 };
}
