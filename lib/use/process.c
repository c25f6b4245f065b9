/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns which nodes of a device count, and what is asked if /proc does not show who has them open.
 */
#include "use/process.h"

#include "kernel/iommu.h"
#include "kernel/nvidia.h"
#include "use/fuser.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define VFIO_CLASS "vfio-dev"

/* The nodes of a device that a process may have open. */
struct nodes {
	struct iommu_node groups[IOMMU_NODES_MAX];
	size_t n_groups;
	struct chardevs all; /* those of the groups come first */
	int deleted_major;   /* see fuser_find() */
};

static void free_nodes(struct nodes *nodes)
{
	chardevs_free(&nodes->all);
}

/* --- the nodes --- */

static int add_groups(const struct iommu_group *group, struct nodes *nodes)
{
	int err = iommu_list_nodes(group, nodes->groups, &nodes->n_groups);

	for (size_t i = 0; i < nodes->n_groups; i++) {
		if (err < 0)
			return err;
		err = chardevs_add(&nodes->all, nodes->groups[i].number);
	}
	return err;
}

static int set_deleted_major(struct nodes *nodes)
{
	int number = chardev_major(VFIO_CLASS);

	if (number >= 0)
		nodes->deleted_major = number;
	return number < 0 && number != -ENOENT ? number : 0;
}

static int add_members(const struct iommu_group *group, struct nodes *nodes)
{
	bool unbound = false;

	for (size_t i = 0; i < group->n_members; i++) {
		const struct iommu_member *m = &group->members[i];
		int err = chardev_list_class(&m->dev, VFIO_CLASS, &nodes->all);

		if (err < 0)
			return err;
		unbound = unbound || (!m->driver[0] && !m->bridge);
	}
	/* A deleted node may be the one of a member that is being unbound. */
	return unbound ? set_deleted_major(nodes) : 0;
}

static int add_vfio(const struct device *dev, struct nodes *nodes)
{
	CLEANUP(iommu_free) struct iommu_group group = { 0 };
	int err = iommu_read(dev, &group);

	if (err < 0)
		return err;
	/* Looking into the processes takes most of the time of a load. */
	if (!group.name[0] || !iommu_may_be_open(&group))
		return 0;
	err = add_groups(&group, nodes);
	if (err < 0)
		return err;
	return add_members(&group, nodes);
}

static int list_nodes(const struct device *dev, bool by_hand, struct nodes *ret)
{
	int err = add_vfio(dev, ret);

	if (err < 0 || !by_hand)
		return err;
	err = chardev_list(dev, &ret->all);
	if (err < 0)
		return err;
	return nvidia_list(dev, &ret->all);
}

/* --- what /proc does not show --- */

static int add(struct uses *uses, enum use_kind kind, const char *node, int error)
{
	CLEANUP_FREE struct use *use = calloc(1, sizeof(*use));

	if (!use)
		return -ENOMEM;
	use->kind = kind;
	use->error = error;
	util_format(use->node, sizeof(use->node), "%s", node);
	return uses_add(uses, use);
}

static int add_hidden(const struct chardevs *numbers, size_t from, struct uses *uses)
{
	char node[SYSFS_NAME_MAX];

	/* The first one stands for all. */
	if (from == numbers->n)
		return 0;
	chardev_node(numbers->numbers[from], node);
	return add(uses, USE_HIDDEN, node, 0);
}

static bool is_node(const struct stat *st, dev_t number)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == number;
}

/* Opens a node, but no other one that has its path. Return: 0, or -errno. */
static int try_node(const char *path, dev_t number)
{
	CLEANUP_CLOSE int fd = -1;
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (!is_node(&st, number))
		return -ENOENT;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	return is_node(&st, number) ? 0 : -ENOENT;
}

static int ask_group(const struct iommu_node *node, struct uses *uses)
{
	char path[SYSFS_NAME_MAX + 16];
	int err;

	util_format(path, sizeof(path), "/dev/vfio/%s", node->name);
	err = try_node(path, node->number);
	if (err >= 0)
		return 0;
	return add(uses, err == -EBUSY ? USE_PROCESS : USE_UNKNOWN, path, err);
}

static int ask_kernel(const struct nodes *nodes, struct uses *uses)
{
	for (size_t i = 0; i < nodes->n_groups; i++) {
		int err = ask_group(&nodes->groups[i], uses);

		if (err < 0)
			return err;
	}
	return add_hidden(&nodes->all, nodes->n_groups, uses);
}

/* Return: 1 if there may be processes that /proc does not show; 0; -errno. */
static int find_shown(const struct nodes *nodes, struct uses *uses)
{
	size_t n = uses->n;
	int err;

	if (nodes->all.n == 0 && nodes->deleted_major < 0)
		return 0;
	err = fuser_find(&nodes->all, nodes->deleted_major, uses);
	if (err < 0)
		return err;
	return uses->n == n && !fuser_sees_host();
}

int process_find(const struct device *dev, bool by_hand, struct uses *uses)
{
	CLEANUP(free_nodes) struct nodes nodes = { .deleted_major = -1 };
	int err = list_nodes(dev, by_hand, &nodes);

	if (err < 0)
		return err;
	err = find_shown(&nodes, uses);
	return err > 0 ? ask_kernel(&nodes, uses) : err;
}

int process_find_named(const struct device *dev, struct uses *uses)
{
	CLEANUP(free_nodes) struct nodes nodes = { .deleted_major = -1 };
	int err = list_nodes(dev, true, &nodes);

	if (err < 0)
		return err;
	err = find_shown(&nodes, uses);
	return err > 0 ? add_hidden(&nodes.all, 0, uses) : err;
}
