/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns how the user of a block device gets its name: mountinfo, swaps, holders. Opens no disk. */
#include "use/holder.h"

#include "kernel/blockdev.h"
#include "use/mountinfo.h"

#include <errno.h>

/* dm on md on a partition. A deeper stack is named by its lowest layers. */
#define STACK_DEPTH_MAX 8

/* A block device, and the list of what uses it. */
struct target {
	const char *name;
	char node[SYSFS_NAME_MAX];
	char number[64];
	struct uses *uses;
};

/* btrfs has a number of its own, and the block device only as the source. */
static bool is_mount_of(const struct mountinfo *mount, const struct target *target)
{
	return streq(mount->number, target->number) || streq(mount->source, target->node);
}

/* Return: 1: there is a use; or -ENOMEM. */
static int add(const struct target *target, enum use_kind kind, const char *user, int error)
{
	CLEANUP_FREE struct use *use = calloc(1, sizeof(*use));
	int err;

	if (!use)
		return -ENOMEM;
	use->kind = kind;
	use->error = error;
	util_format(use->node, sizeof(use->node), "%s", target->node);
	util_format(use->user, sizeof(use->user), "%s", user);
	err = uses_add(target->uses, use);
	return err < 0 ? err : 1;
}

/* Adds each mount that the caller sees. Return: 1 if there is one, 0, or -ENOMEM. */
static int add_mounts(const struct target *target)
{
	CLEANUP_FREE char *line = NULL;
	FILE *f = fopen("/proc/self/mountinfo", "re");
	size_t room = 0;
	int found = 0;

	if (!f)
		return 0;
	while (found >= 0 && getline(&line, &room, f) > 0) {
		struct mountinfo mount;

		if (!mountinfo_parse(line, &mount) || !is_mount_of(&mount, target))
			continue;
		mountinfo_unescape(mount.target);
		found = add(target, USE_MOUNT, mount.target, 0);
	}
	fclose(f);
	return found;
}

static bool is_swap(const char *node)
{
	CLEANUP_FREE char *line = NULL;
	FILE *f = fopen("/proc/swaps", "re");
	bool found = false;
	size_t room = 0;

	if (!f)
		return false;
	while (!found && getline(&line, &room, f) > 0) {
		line[strcspn(line, " \t\n")] = '\0';
		found = streq(line, node);
	}
	fclose(f);
	return found;
}

void holder_node(const char *block, char ret[SYSFS_NAME_MAX])
{
	char mapped[SYSFS_NAME_MAX - 16];

	blockdev_read(block, "dm/name", mapped, sizeof(mapped));
	if (mapped[0]) {
		util_format(ret, SYSFS_NAME_MAX, "/dev/mapper/%s", mapped);
		return;
	}
	util_format(ret, SYSFS_NAME_MAX, "/dev/%s", block);
	/* cciss!c0d0 is /dev/cciss/c0d0. */
	for (char *c = ret; *c; c++)
		if (*c == '!')
			*c = '/';
}

static struct target target_of(const char *block, struct uses *uses)
{
	struct target target = { .name = block, .uses = uses };

	holder_node(block, target.node);
	blockdev_read(block, "dev", target.number, sizeof(target.number));
	return target;
}

static bool is_swapped_to(const struct target *target)
{
	char kernel_node[SYSFS_NAME_MAX];

	util_format(kernel_node, sizeof(kernel_node), "/dev/%s", target->name);
	return is_swap(target->node) || is_swap(kernel_node);
}

/* Adds what uses the block device itself, if that has a name. Return: as add_mounts(). */
static int add_direct(const struct target *target)
{
	int found = add_mounts(target);

	if (found != 0)
		return found;
	return is_swapped_to(target) ? add(target, USE_SWAP, "", 0) : 0;
}

static int add_holders(const char *block, int depth, struct uses *uses);

/* Adds what uses a block device that is built on another one, or this itself. Return: as add(). */
/* NOLINTNEXTLINE(misc-no-recursion): no further than STACK_DEPTH_MAX */
static int add_holder(const struct target *target, const char *holder, int depth)
{
	char node[SYSFS_NAME_MAX];

	if (depth < STACK_DEPTH_MAX) {
		int found = add_holders(holder, depth + 1, target->uses);

		if (found != 0)
			return found;
	}
	holder_node(holder, node);
	return add(target, USE_DEVICE, node, 0);
}

/* Return: as add_mounts(). */
/* NOLINTNEXTLINE(misc-no-recursion): no further than STACK_DEPTH_MAX */
static int add_holders(const char *block, int depth, struct uses *uses)
{
	CLEANUP_STRV char **holders = NULL;
	struct target target = target_of(block, uses);
	int found = 0;

	blockdev_holders(block, &holders);
	if (!holders)
		return add_direct(&target);
	for (char **holder = holders; *holder && found >= 0; holder++)
		found = add_holder(&target, *holder, depth);
	return found;
}

int holder_find(const char *block, struct uses *uses)
{
	return add_holders(block, 0, uses);
}

int holder_find_loops(const char *block, struct uses *uses)
{
	CLEANUP_STRV char **loops = NULL;
	struct target target = target_of(block, uses);
	int found = blockdev_loops(target.node, &loops);

	if (found < 0)
		return add(&target, USE_UNKNOWN, "", found);
	for (char **loop = loops; loop && *loop && found >= 0; loop++)
		found = add_holder(&target, *loop, 0);
	return found;
}

int holder_add_unnamed(const char *block, int error, struct uses *uses)
{
	struct target target = target_of(block, uses);

	return add(&target, error == -EBUSY ? USE_CLAIMED : USE_UNKNOWN, "", error);
}
