/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns what is looked at to find the uses of a device. Changes nothing. */
#include "use/use.h"

#include "kernel/mdev.h"
#include "use/block.h"
#include "use/fuser.h"
#include "use/network.h"

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

static int list_nodes(const struct device *dev, bool by_hand, char ***nodes)
{
	size_t n = 0;
	int err;

	err = add_vfio_nodes(dev, nodes, &n);
	if (err < 0 || !by_hand)
		return err;
	err = add_nodes(dev, "drm", "dri", nodes, &n);
	if (err < 0)
		return err;
	return add_nodes(dev, "accel", "accel", nodes, &n);
}

static int find_processes(const struct device *dev, bool by_hand, struct uses *uses)
{
	CLEANUP_STRV char **nodes = NULL;
	int err = list_nodes(dev, by_hand, &nodes);

	return err < 0 ? err : fuser_find(nodes, uses);
}

/* --- what depends on the driver --- */

static int add(struct uses *uses, enum use_kind kind, const char *node, const char *user)
{
	CLEANUP_FREE struct use *use = calloc(1, sizeof(*use));

	if (!use)
		return -ENOMEM;
	use->kind = kind;
	util_format(use->node, sizeof(use->node), "%s", node);
	util_format(use->user, sizeof(use->user), "%s", user);
	return uses_add(uses, use);
}

static int add_number(struct uses *uses, enum use_kind kind, size_t n)
{
	char user[32];

	util_format(user, sizeof(user), "%zu", n);
	return n ? add(uses, kind, "", user) : 0;
}

static int find_functions(const struct device *dev, struct uses *uses)
{
	unsigned long n;
	int err = device_count_vfs(dev, &n);

	return err < 0 ? err : add_number(uses, USE_FUNCTIONS, n);
}

static int find_mdevs(const struct device *dev, struct uses *uses)
{
	CLEANUP(mdev_free) struct mdev_parent parent = { 0 };
	int err = mdev_read(dev, &parent);

	return err < 0 ? err : add_number(uses, USE_MDEVS, parent.n_children);
}

int use_find_disks(const struct device *dev, struct uses *ret)
{
	*ret = (struct uses){ 0 };
	return block_find_uses(dev, ret);
}

/* A later failure does not hide the first one. */
static void note(int *err, int result)
{
	if (*err == 0)
		*err = result;
}

/* All but the disks. */
static int find_others(const struct device *dev, const struct use_caller *by_hand, struct uses *ret)
{
	int err;

	*ret = (struct uses){ 0 };
	err = find_processes(dev, by_hand != NULL, ret);
	note(&err, find_functions(dev, ret));
	note(&err, find_mdevs(dev, ret));
	if (by_hand)
		note(&err, network_find_uses(dev, by_hand, ret));
	return err;
}

int use_find(const struct device *dev, const struct use_caller *by_hand, struct uses *ret)
{
	int err = find_others(dev, by_hand, ret);

	note(&err, block_find_uses(dev, ret));
	return err;
}

int use_find_named(const struct device *dev, const struct use_caller *by_hand, struct uses *ret)
{
	int err = find_others(dev, by_hand, ret);

	note(&err, block_find_named(dev, ret));
	return err;
}

bool use_is_free(const struct uses *uses)
{
	return uses->n == 0 && uses->unseen == 0;
}

int use_claim(const struct device *dev, const struct use_caller *by_hand, struct uses *ret,
	struct use_claim *ret_claim)
{
	int err = use_find(dev, by_hand, ret);

	if (err < 0 || !use_is_free(ret))
		return err;
	err = block_hold(dev, &ret_claim->fds, &ret_claim->n);
	if (err != -EBUSY)
		return err;
	/* A disk has come into use since: name what uses it. */
	use_release(ret_claim);
	err = block_find_uses(dev, ret);
	if (err < 0 || ret->n > 0)
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
