/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Owns the check whether a block device is in use: the kernel answers an exclusive open. holder.c
 * only names the holder. Changes nothing.
 */
#include "use/block.h"

#include "kernel/blockdev.h"
#include "use/holder.h"

#include <errno.h>
#include <fcntl.h>

/* One path of a multipath disk has no node: the disk above it has one. */
static bool is_hidden(const char *block)
{
	char value[16];

	blockdev_read(block, "hidden", value, sizeof(value));
	return streq(value, "1");
}

/* Whether a block device is in use. */
enum answer {
	ANSWER_FREE,
	ANSWER_NAMED,   /* it is, and the uses have been added */
	ANSWER_CLAIMED, /* it is, by something without a name */
};

/* The kernel refused the exclusive open. A name is an answer even if the permission to open the
 * node is missing. Return: an answer, or -errno. */
static int name_uses(const char *block, int error, struct uses *uses)
{
	int found = holder_find(block, uses);

	if (found < 0)
		return found;
	if (found == 0 && error == -EBUSY)
		return ANSWER_CLAIMED;
	if (found == 0)
		found = holder_add_unnamed(block, error, uses);
	return found < 0 ? found : ANSWER_NAMED;
}

/* Return: an answer, or -errno. */
static int ask(const char *block, struct uses *uses)
{
	CLEANUP_CLOSE int fd = -1;
	char node[SYSFS_NAME_MAX];

	if (is_hidden(block))
		return ANSWER_FREE;
	holder_node(block, node);
	fd = open(node, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0) {
		int err = holder_find_loops(block, uses);

		return err < 0 ? err : ANSWER_FREE;
	}
	/* An empty drive, and a disk that was removed, hold nothing. */
	if (errno == ENOMEDIUM || errno == ENXIO)
		return ANSWER_FREE;
	return name_uses(block, -errno, uses);
}

/* The kernel refuses a disk because of its partitions, and a partition because of its disk: the
 * name of one is enough. */
static bool is_explained(char *const *blocks, const int *answers, size_t n, size_t at)
{
	for (size_t i = 0; i < n; i++) {
		if (answers[i] != ANSWER_FREE && blockdev_is_part(blocks[i], blocks[at]))
			return true;
		if (answers[i] == ANSWER_NAMED && blockdev_is_part(blocks[at], blocks[i]))
			return true;
	}
	return false;
}

static int add_claimed(char *const *blocks, const int *answers, size_t n, struct uses *uses)
{
	for (size_t i = 0; i < n; i++) {
		int err;

		if (answers[i] != ANSWER_CLAIMED || is_explained(blocks, answers, n, i))
			continue;
		err = holder_add_unnamed(blocks[i], -EBUSY, uses);
		if (err < 0)
			return err;
	}
	return 0;
}

int block_find_uses(const struct device *dev, struct uses *uses)
{
	CLEANUP_STRV char **blocks = NULL;
	CLEANUP_FREE int *answers = NULL;
	size_t n = 0;
	int err;

	err = blockdev_list(dev, &blocks);
	if (err < 0)
		return err;
	while (blocks && blocks[n])
		n++;
	answers = calloc(n + 1, sizeof(*answers));
	if (!answers)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		answers[i] = ask(blocks[i], uses);
		if (answers[i] < 0)
			return answers[i];
	}
	return add_claimed(blocks, answers, n, uses);
}

int block_find_named(const struct device *dev, struct uses *uses)
{
	CLEANUP_STRV char **blocks = NULL;
	int err = blockdev_list(dev, &blocks);

	if (err < 0)
		return err;
	for (char **block = blocks; block && *block; block++) {
		err = holder_find(*block, uses);
		if (err < 0)
			return err;
		err = holder_find_loops(*block, uses);
		if (err < 0)
			return err;
	}
	return 0;
}

/* Return: a descriptor; -1 for a disk without a medium, or one that was removed; other -errno. */
static int open_disk(const char *block)
{
	char node[SYSFS_NAME_MAX];
	int fd;

	holder_node(block, node);
	fd = open(node, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	return errno == ENOMEDIUM || errno == ENXIO ? -1 : -errno;
}

static bool is_partition(const char *block)
{
	char value[16];

	blockdev_read(block, "partition", value, sizeof(value));
	return value[0];
}

int block_hold(const struct device *dev, int **fds, size_t *n)
{
	CLEANUP_STRV char **blocks = NULL;
	int err = blockdev_list(dev, &blocks);

	if (err < 0)
		return err;
	for (char **block = blocks; block && *block; block++) {
		int *grown, fd;

		if (is_hidden(*block) || is_partition(*block))
			continue;
		fd = open_disk(*block);
		if (fd < -1)
			return fd;
		if (fd < 0)
			continue;
		grown = reallocarray(*fds, *n + 1, sizeof(*grown));
		if (!grown) {
			close(fd);
			return -ENOMEM;
		}
		*fds = grown;
		grown[(*n)++] = fd;
	}
	return 0;
}
