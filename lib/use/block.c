/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel answers an exclusive open. mountinfo, swaps and holders give the use its name. */
#include "use/block.h"

#include "kernel/blockdev.h"

#include <errno.h>
#include <fcntl.h>

/* dm on md on a partition. A deeper stack is named by its lowest layers. */
#define STACK_DEPTH_MAX 8

/* What a use of a block device is named by. */
struct search {
	struct mounts *mounts;
	char **swaps; /* the nodes */
	bool has_swaps;
	struct uses *uses; /* of the device whose block devices are looked at */
};

/* Whether a block device is in use. */
enum answer {
	ANSWER_FREE,
	ANSWER_NAMED,   /* it is, and the uses have been added */
	ANSWER_CLAIMED, /* it is, by something without a name */
};

/* The node of a block device: /dev/sda1, /dev/mapper/NAME, /dev/cciss/c0d0 */
static void find_node(const char *block, char ret[SYSFS_NAME_MAX])
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

/* --- names --- */

/* Adds what uses the block device itself, if that has a name. Return: whether it has. */
static bool add_direct(struct search *s, const char *block, const char *node)
{
	char number[64], kernel_node[SYSFS_NAME_MAX];
	bool found = false;

	blockdev_read(block, "dev", number, sizeof(number));
	mounts_read(s->mounts);
	for (size_t i = 0; i < s->mounts->n; i++) {
		const struct mount *mount = &s->mounts->items[i];

		/* btrfs has a number of its own, and the block device only as the source. */
		if (!streq(mount->number, number) && !streq(mount->source, node))
			continue;
		uses_add_new(s->uses, USE_MOUNT, node, mount->target, 0);
		found = true;
	}
	if (found)
		return true;
	if (!s->has_swaps) {
		CLEANUP_FREE char *line = NULL;
		FILE *f = fopen("/proc/swaps", "re");
		size_t room = 0, n = 0;

		s->has_swaps = true;
		while (f && getline(&line, &room, f) > 0) {
			line[strcspn(line, " \t\n")] = '\0';
			uses_note(s->uses, util_strv_add(&s->swaps, &n, line));
		}
		if (f)
			fclose(f);
	}
	util_format(kernel_node, sizeof(kernel_node), "/dev/%s", block);
	for (char **swap = s->swaps; swap && *swap; swap++) {
		if (!streq(*swap, node) && !streq(*swap, kernel_node))
			continue;
		uses_add_new(s->uses, USE_SWAP, node, "", 0);
		return true;
	}
	return false;
}

/* Adds what uses a block device, directly or through what is built on it. Return: whether there is
 * something that has a name. */
/* NOLINTNEXTLINE(misc-no-recursion): no further than STACK_DEPTH_MAX */
static bool add_named(struct search *s, const char *block, char *const *holders, int depth)
{
	char node[SYSFS_NAME_MAX], above[SYSFS_NAME_MAX];

	find_node(block, node);
	if (!holders)
		return add_direct(s, block, node);
	for (; *holders; holders++) {
		CLEANUP_STRV char **next = NULL;

		if (depth < STACK_DEPTH_MAX) {
			blockdev_holders(*holders, &next);
			if (add_named(s, *holders, next, depth + 1))
				continue;
		}
		find_node(*holders, above);
		uses_add_new(s->uses, USE_DEVICE, node, above, 0);
	}
	return true;
}

static bool name_uses(struct search *s, const char *block)
{
	CLEANUP_STRV char **holders = NULL;

	blockdev_holders(block, &holders);
	return add_named(s, block, holders, 0);
}

/* Loop devices do not claim what they are on. */
static void name_loops(struct search *s, const char *block)
{
	CLEANUP_STRV char **loops = NULL;
	char node[SYSFS_NAME_MAX];
	int err;

	find_node(block, node);
	err = blockdev_loops(node, &loops);
	if (err < 0)
		uses_add_new(s->uses, USE_UNKNOWN, node, "", err);
	else if (loops)
		add_named(s, block, loops, 0);
}

/* --- the kernel's answer --- */

/* Return: a descriptor; -ENOMEDIUM for what holds nothing: an empty drive, a disk that was removed,
 * one path of a multipath disk, which has no node; other -errno. */
static int open_exclusively(const char *block)
{
	char node[SYSFS_NAME_MAX], hidden[16];
	int fd;

	blockdev_read(block, "hidden", hidden, sizeof(hidden));
	if (streq(hidden, "1"))
		return -ENOMEDIUM;
	find_node(block, node);
	fd = open(node, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	return errno == ENXIO ? -ENOMEDIUM : -errno;
}

static enum answer ask(struct search *s, const char *block)
{
	CLEANUP_CLOSE int fd = open_exclusively(block);
	char node[SYSFS_NAME_MAX];

	if (fd >= 0)
		name_loops(s, block);
	if (fd >= 0 || fd == -ENOMEDIUM)
		return ANSWER_FREE;
	/* A name is an answer even if the permission to open the node is missing. */
	if (name_uses(s, block))
		return ANSWER_NAMED;
	if (fd == -EBUSY)
		return ANSWER_CLAIMED;
	find_node(block, node);
	uses_add_new(s->uses, USE_UNKNOWN, node, "", fd);
	return ANSWER_NAMED;
}

/* The kernel refuses a disk because of its partitions, and a partition because of its disk: the
 * name of one is enough. */
static bool is_explained(
	char *const *blocks, const enum answer *answers, size_t n, const char *block)
{
	for (size_t i = 0; i < n; i++) {
		if (answers[i] != ANSWER_FREE && blockdev_is_part(blocks[i], block))
			return true;
		if (answers[i] == ANSWER_NAMED && blockdev_is_part(block, blocks[i]))
			return true;
	}
	return false;
}

static void ask_all(struct search *s, char *const *blocks)
{
	CLEANUP_FREE enum answer *answers = NULL;
	char node[SYSFS_NAME_MAX];
	size_t n = 0;

	while (blocks[n])
		n++;
	answers = calloc(n + 1, sizeof(*answers));
	if (!answers) {
		uses_note(s->uses, -ENOMEM);
		return;
	}
	for (size_t i = 0; i < n; i++)
		answers[i] = ask(s, blocks[i]);
	for (size_t i = 0; i < n; i++) {
		if (answers[i] != ANSWER_CLAIMED || is_explained(blocks, answers, n, blocks[i]))
			continue;
		find_node(blocks[i], node);
		uses_add_new(s->uses, USE_CLAIMED, node, "", -EBUSY);
	}
}

void block_find(const struct device *devices, size_t n, unsigned int flags, struct mounts *mounts,
	struct uses *uses)
{
	struct search s = { .mounts = mounts };

	for (size_t i = 0; i < n; i++) {
		CLEANUP_STRV char **blocks = NULL;

		s.uses = &uses[i];
		uses_note(s.uses, blockdev_list(&devices[i], &blocks));
		if (blocks && !(flags & USE_FIND_NAMED))
			ask_all(&s, blocks);
		for (size_t j = 0; flags & USE_FIND_NAMED && blocks && blocks[j]; j++) {
			name_uses(&s, blocks[j]);
			name_loops(&s, blocks[j]);
		}
	}
	util_strv_freep(&s.swaps);
}

int block_hold(const struct device *dev, int **fds, size_t *n)
{
	CLEANUP_STRV char **blocks = NULL;
	int err = blockdev_list(dev, &blocks);

	if (err < 0)
		return err;
	for (char **block = blocks; block && *block; block++) {
		CLEANUP_CLOSE int fd = -1;
		char partition[16];

		blockdev_read(*block, "partition", partition, sizeof(partition));
		if (partition[0])
			continue;
		fd = open_exclusively(*block);
		if (fd == -ENOMEDIUM)
			continue;
		if (fd < 0)
			return fd;
		if (util_grow(fds, *n, sizeof(**fds)) < 0)
			return -ENOMEM;
		(*fds)[(*n)++] = util_steal_fd(&fd);
	}
	return 0;
}
