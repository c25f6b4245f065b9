/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Owns the check whether a block device is in use: the kernel answers an exclusive open. mountinfo,
 * swaps and holders only name the holder. Changes nothing.
 */
#include "use/block.h"

#include "kernel/blockdev.h"

#include <errno.h>
#include <fcntl.h>

/* dm on md on a partition. A deeper stack is named by its lowest layers. */
#define STACK_DEPTH_MAX 8

/* --- the name of the holder --- */

static bool is_octal(const char *s)
{
	return s[0] >= '0' && s[0] <= '3' && strspn(s, "01234567") >= 3;
}

/* mountinfo writes a space as \040. */
static void unescape(char *s)
{
	char *to = s;

	while (*s) {
		if (*s != '\\' || !is_octal(s + 1)) {
			*to++ = *s++;
			continue;
		}
		*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
		s += 4;
	}
	*to = '\0';
}

struct mount {
	char *number; /* of the block device */
	char *target;
	char *source; /* NULL if it is missing */
};

/*
 * The number is the third field and the target the fifth; type and source come after " - ".
 *
 * Source: proc(5), /proc/PID/mountinfo.
 */
static bool parse_mount(char *line, struct mount *ret)
{
	char *separator = strstr(line, " - ");
	char *fields[5], *save = NULL;
	size_t n = 0;

	if (!separator)
		return false;
	*separator = '\0';
	for (char *s = strtok_r(line, " ", &save); s && n < 5; s = strtok_r(NULL, " ", &save))
		fields[n++] = s;
	if (n < 5)
		return false;
	ret->number = fields[2];
	ret->target = fields[4];
	strtok_r(separator + 3, " ", &save);
	ret->source = strtok_r(NULL, " \n", &save);
	return true;
}

/* @node: btrfs has a number of its own, and the block device only as the source */
static bool is_mount_of(const struct mount *mount, const char *number, const char *node)
{
	if (streq(mount->number, number))
		return true;
	return mount->source && streq(mount->source, node);
}

/* Finds where a block device is mounted. @pid: whose mount namespace */
static bool mounted_at(
	const char *pid, const char *number, const char *node, char *ret, size_t size)
{
	CLEANUP_FREE char *line = NULL;
	bool found = false;
	size_t room = 0;
	char file[64];
	FILE *f;

	util_format(file, sizeof(file), "/proc/%.20s/mountinfo", pid);
	f = fopen(file, "re");
	if (!f)
		return false;
	while (!found && getline(&line, &room, f) > 0) {
		struct mount mount;

		found = parse_mount(line, &mount) && is_mount_of(&mount, number, node);
		if (!found)
			continue;
		unescape(mount.target);
		util_format(ret, size, "%s", mount.target);
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

/* Looks into the other mount namespaces, for example a container's. */
static bool mounted_elsewhere(const char *number, const char *node, char *ret, size_t size)
{
	CLEANUP_CLOSEDIR DIR *dir = opendir("/proc");
	char path[64], program[64], at[PATH_MAX];
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		const char *pid = entry->d_name;

		if (*pid < '1' || *pid > '9')
			continue;
		if (!mounted_at(pid, number, node, at, sizeof(at)))
			continue;
		util_format(path, sizeof(path), "/proc/%.20s", pid);
		if (sysfs_read(path, "comm", program, sizeof(program)) < 0)
			util_format(program, sizeof(program), "?");
		util_format(
			ret, size, "%s in the mount namespace of %s (pid %s)", at, program, pid);
		return true;
	}
	return false;
}

static void name_node(const char *block, char ret[SYSFS_NAME_MAX])
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

/* A file system on several disks is mounted by the name of one of them. */
static bool name_btrfs(const char *block, struct block_claim *ret)
{
	CLEANUP_STRV char **members = NULL;
	char uuid[SYSFS_NAME_MAX], node[SYSFS_NAME_MAX];

	if (!blockdev_find_btrfs(block, uuid, &members))
		return false;
	for (char **member = members; member && *member; member++) {
		name_node(*member, node);
		if (!mounted_at("self", "", node, ret->user, sizeof(ret->user)))
			continue;
		ret->kind = BLOCK_MOUNT;
		return true;
	}
	ret->kind = BLOCK_PART;
	util_format(ret->user, sizeof(ret->user), "the btrfs file system %s", uuid);
	return true;
}

static bool is_swapped_to(const char *block, const char *node)
{
	char kernel_node[SYSFS_NAME_MAX];

	util_format(kernel_node, sizeof(kernel_node), "/dev/%s", block);
	return is_swap(node) || is_swap(kernel_node);
}

/* Finds a mount or swap of the block device itself. */
static enum block_claim_kind find_use(const char *block, const char *node, char ret_user[PATH_MAX])
{
	char number[64];

	blockdev_read(block, "dev", number, sizeof(number));
	if (mounted_at("self", number, node, ret_user, PATH_MAX))
		return BLOCK_MOUNT;
	if (is_swapped_to(block, node))
		return BLOCK_SWAP;
	if (mounted_elsewhere(number, node, ret_user, PATH_MAX))
		return BLOCK_MOUNT;
	return BLOCK_FREE;
}

static bool name_use(const char *block, struct block_claim *ret)
{
	enum block_claim_kind kind;
	char node[SYSFS_NAME_MAX];

	name_node(block, node);
	kind = find_use(block, node, ret->user);
	if (kind != BLOCK_FREE)
		ret->kind = kind;
	else if (!name_btrfs(block, ret))
		return false;
	util_format(ret->node, sizeof(ret->node), "%s", node);
	return true;
}

/* Follows the holders up to a use. If there is none, names the first holder. */
/* NOLINTNEXTLINE(misc-no-recursion): no further than STACK_DEPTH_MAX */
static bool name_holder(const char *block, int depth, struct block_claim *ret)
{
	CLEANUP_STRV char **holders = NULL;

	blockdev_holders(block, &holders);
	if (!holders)
		return name_use(block, ret);
	for (char **holder = holders; *holder && depth < STACK_DEPTH_MAX; holder++)
		if (name_holder(*holder, depth + 1, ret))
			return true;
	if (ret->kind <= BLOCK_CLAIMED) {
		ret->kind = BLOCK_PART;
		name_node(block, ret->node);
		name_node(holders[0], ret->user);
	}
	return false;
}

/*
 * A loop device does not claim the block device that it is made of.
 *
 * Return: 1 if there is a loop device, 0, or -errno.
 */
static int backs_loop(const char *block, struct block_claim *ret)
{
	char node[SYSFS_NAME_MAX], loop[SYSFS_NAME_MAX];
	int found;

	name_node(block, node);
	found = blockdev_find_loop(node, loop);
	if (found <= 0 || name_use(loop, ret))
		return found;
	ret->kind = BLOCK_PART;
	util_format(ret->node, sizeof(ret->node), "%s", node);
	name_node(loop, ret->user);
	return 1;
}

/* --- the kernel's answer --- */

/* One path of a multipath disk has no node: the disk above it has one. */
static bool is_hidden(const char *block)
{
	char value[16];

	blockdev_read(block, "hidden", value, sizeof(value));
	return streq(value, "1");
}

/* The exclusive open succeeded. Return: whether the block device is in use, or may be. */
static bool is_looped(const char *block, struct block_claim *ret)
{
	int found = backs_loop(block, ret);

	if (found < 0)
		*ret = (struct block_claim){ .kind = BLOCK_UNKNOWN, .error = found };
	return found != 0;
}

/* Return: whether the block device is in use, or may be. */
static bool is_claimed(const char *block, struct block_claim *ret)
{
	CLEANUP_CLOSE int fd = -1;

	*ret = (struct block_claim){ 0 };
	if (is_hidden(block))
		return false;
	name_node(block, ret->node);
	fd = open(ret->node, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0)
		return is_looped(block, ret);
	/* An empty drive, and a disk that was removed, hold nothing. */
	if (errno == ENOMEDIUM || errno == ENXIO)
		return false;
	ret->kind = errno == EBUSY ? BLOCK_CLAIMED : BLOCK_UNKNOWN;
	ret->error = -errno;
	/* A name is an answer even if the permission to open it is missing. */
	name_holder(block, 0, ret);
	return true;
}

int block_find_claim(const struct device *dev, struct block_claim *ret)
{
	CLEANUP_STRV char **blocks = NULL;
	int err;

	*ret = (struct block_claim){ 0 };
	err = blockdev_list(dev, &blocks);
	if (err < 0)
		return err;
	for (char **block = blocks; block && *block; block++) {
		struct block_claim found;

		/* A disk is also refused because of its partitions: take the name that says most.
		 */
		if (is_claimed(*block, &found) && found.kind > ret->kind)
			*ret = found;
	}
	return 0;
}

/* Return: a descriptor; -1 for a disk without a medium, or one that was removed; other -errno. */
static int open_disk(const char *block)
{
	char node[SYSFS_NAME_MAX];
	int fd;

	name_node(block, node);
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
