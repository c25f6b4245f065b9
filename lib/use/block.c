/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens block devices to see whether they are claimed; mountinfo, swaps and holders/ only name. */
#include "use/block.h"

#include <errno.h>
#include <fcntl.h>

#define SYS_BLOCK "/sys/class/block"
#define SYS_BTRFS "/sys/fs/btrfs"
/* dm on md on a partition: what is stacked deeper is named by its lowest layers. */
#define STACK_DEPTH_MAX 8

/*
 * /sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1 with multipath: its subsystem's folder
 * has a link for every controller, nvme0. Return: 1 where it is, 0, or -errno.
 */
static int is_nvme_head_of(const char *block, const struct device *dev)
{
	char subsystem[PATH_MAX], path[PATH_MAX], controller[PATH_MAX];
	CLEANUP_STRV char **names = NULL;
	const char *at = strstr(block, "/nvme-subsys");
	const char *disk = at ? strstr(at + 1, "/nvme-subsys") : NULL;
	int err;

	disk = disk ? strchr(disk + 1, '/') : NULL;
	if (!disk)
		return 0;
	util_format(subsystem, sizeof(subsystem), "%.*s", (int)(disk - block), block);
	err = sysfs_list(subsystem, &names, NULL);
	for (char **name = names; err == 0 && name && *name; name++) {
		if (!util_after_prefix(*name, "nvme") ||
			util_format(path, sizeof(path), "%s/%s", subsystem, *name) < 0)
			continue;
		err = sysfs_link_target(path, controller);
		if (err == 0 && device_is_below(controller, dev->path))
			return 1;
		/* A disk is no link. */
		if (err == -EINVAL || err == -ENOENT)
			err = 0;
	}
	return err == -ENOENT ? 0 : err;
}

/* --- names for what the kernel refused --- */

/* mountinfo writes a space as \040. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++)
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
			s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	*to = '\0';
}

/* Where a block device is mounted, by its number or (btrfs) as the source. @pid: whose namespace */
static bool mounted_at(
	const char *pid, const char *number, const char *node, char *ret, size_t size)
{
	CLEANUP_FREE char *line = NULL;
	size_t room = 0;
	char file[64];
	bool found = false;
	FILE *f;

	util_format(file, sizeof(file), "/proc/%.20s/mountinfo", pid);
	f = fopen(file, "re");
	while (f && !found && getline(&line, &room, f) > 0) {
		char *fields[5], *save = NULL, *source;
		char *separator = strstr(line, " - ");
		size_t n = 0;

		if (!separator)
			continue;
		*separator = '\0';
		for (char *s = strtok_r(line, " ", &save); s && n < 5;
			s = strtok_r(NULL, " ", &save))
			fields[n++] = s;
		/* Behind the separator: type, source, options. */
		strtok_r(separator + 3, " ", &save);
		source = strtok_r(NULL, " \n", &save);
		found = n == 5 && (streq(fields[2], number) || (source && streq(source, node)));
		if (found) {
			unescape(fields[4]);
			util_format(ret, size, "%s", fields[4]);
		}
	}
	if (f)
		fclose(f);
	return found;
}

static bool is_swap(const char *node)
{
	CLEANUP_FREE char *line = NULL;
	size_t room = 0;
	FILE *f = fopen("/proc/swaps", "re");
	bool found = false;

	while (f && !found && getline(&line, &room, f) > 0) {
		line[strcspn(line, " \t\n")] = '\0';
		found = streq(line, node);
	}
	if (f)
		fclose(f);
	return found;
}

/* In other mount namespaces than ours: a container's, say. */
static bool mounted_elsewhere(const char *number, const char *node, char *ret, size_t size)
{
	CLEANUP_CLOSEDIR DIR *dir = opendir("/proc");
	char path[64], program[64] = "?", at[PATH_MAX];
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		const char *pid = entry->d_name;

		if (*pid < '1' || *pid > '9' || !mounted_at(pid, number, node, at, sizeof(at)))
			continue;
		util_format(path, sizeof(path), "/proc/%.20s/comm", pid);
		sysfs_read(AT_FDCWD, path, program, sizeof(program));
		util_format(
			ret, size, "%s in the mount namespace of %s (pid %s)", at, program, pid);
		return true;
	}
	return false;
}

static void name_node(const char *block, char ret[SYSFS_NAME_MAX])
{
	char path[PATH_MAX], mapped[SYSFS_NAME_MAX - 16];

	if (util_format(path, sizeof(path), SYS_BLOCK "/%s/dm/name", block) == 0 &&
		sysfs_read(AT_FDCWD, path, mapped, sizeof(mapped)) > 0) {
		util_format(ret, SYSFS_NAME_MAX, "/dev/mapper/%s", mapped);
		return;
	}
	util_format(ret, SYSFS_NAME_MAX, "/dev/%s", block);
	/* cciss!c0d0 is /dev/cciss/c0d0. */
	for (char *c = ret; *c; c++)
		if (*c == '!')
			*c = '/';
}

/* A file system over several disks is mounted by one of them. */
static bool is_btrfs_member(const char *block, struct block_claim *ret)
{
	CLEANUP_STRV char **systems = NULL;
	char path[PATH_MAX], node[SYSFS_NAME_MAX];

	sysfs_list(SYS_BTRFS, &systems, NULL);
	for (char **system = systems; system && *system; system++) {
		CLEANUP_STRV char **members = NULL;

		if (util_format(path, sizeof(path), SYS_BTRFS "/%s/devices/%s", *system, block) <
				0 ||
			!sysfs_exists(path))
			continue;
		*strrchr(path, '/') = '\0';
		sysfs_list(path, &members, NULL);
		for (char **member = members; member && *member; member++) {
			name_node(*member, node);
			if (mounted_at("self", "", node, ret->user, sizeof(ret->user))) {
				ret->kind = BLOCK_MOUNT;
				return true;
			}
		}
		ret->kind = BLOCK_PART;
		util_format(ret->user, sizeof(ret->user), "the btrfs file system %s", *system);
		return true;
	}
	return false;
}

/* A mount or swap of this very block device. */
static bool name_use(const char *block, struct block_claim *ret)
{
	char path[PATH_MAX], number[64] = "", node[SYSFS_NAME_MAX], kernel_node[SYSFS_NAME_MAX];
	bool mounted;

	name_node(block, node);
	util_format(kernel_node, sizeof(kernel_node), "/dev/%s", block);
	util_format(path, sizeof(path), SYS_BLOCK "/%s/dev", block);
	sysfs_read(AT_FDCWD, path, number, sizeof(number));
	mounted = mounted_at("self", number, node, ret->user, sizeof(ret->user));
	if (!mounted && (is_swap(node) || is_swap(kernel_node)))
		ret->kind = BLOCK_SWAP;
	else if (mounted || mounted_elsewhere(number, node, ret->user, sizeof(ret->user)))
		ret->kind = BLOCK_MOUNT;
	else if (!is_btrfs_member(block, ret))
		return false;
	util_format(ret->node, sizeof(ret->node), "%s", node);
	return true;
}

/* Follows holders/ up to a use; names the first holder where there is none. */
/* NOLINTNEXTLINE(misc-no-recursion): no further than STACK_DEPTH_MAX */
static bool name_holder(const char *block, int depth, struct block_claim *ret)
{
	char path[PATH_MAX];
	CLEANUP_STRV char **holders = NULL;

	util_format(path, sizeof(path), SYS_BLOCK "/%s/holders", block);
	sysfs_list(path, &holders, NULL);
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

/* A loop device does not claim the block device below it. Return: 1 where there is one, 0, or
 * -errno. */
static int backs_loop(const char *block, struct block_claim *ret)
{
	CLEANUP_STRV char **blocks = NULL;
	char path[PATH_MAX], file[PATH_MAX], node[SYSFS_NAME_MAX];
	int err = sysfs_list(SYS_BLOCK, &blocks, NULL);

	name_node(block, node);
	for (char **loop = blocks; err == 0 && loop && *loop; loop++) {
		ssize_t n;

		if (!util_after_prefix(*loop, "loop") ||
			util_format(path, sizeof(path), SYS_BLOCK "/%s/loop/backing_file", *loop) <
				0)
			continue;
		n = sysfs_read(AT_FDCWD, path, file, sizeof(file));
		/* One without a file has no such attribute, or loses it just now. */
		if (n < 0 && n != -ENOENT && n != -ENODEV && n != -ENXIO)
			err = (int)n;
		if (n < 0 || !streq(file, node))
			continue;
		if (!name_use(*loop, ret)) {
			ret->kind = BLOCK_PART;
			util_format(ret->node, sizeof(ret->node), "%s", node);
			name_node(*loop, ret->user);
		}
		return 1;
	}
	return err;
}

/* --- what the kernel refuses --- */

/* One path of a multipath disk has no node: the disk above it has. */
static bool is_hidden(const char *block)
{
	char path[PATH_MAX], value[16];

	return util_format(path, sizeof(path), SYS_BLOCK "/%s/hidden", block) == 0 &&
	       sysfs_read(AT_FDCWD, path, value, sizeof(value)) > 0 && streq(value, "1");
}

/* Return: whether the block device is in use, or may be. */
static bool claimed(const char *block, struct block_claim *ret)
{
	CLEANUP_CLOSE int fd = -1;

	*ret = (struct block_claim){ 0 };
	if (is_hidden(block))
		return false;
	name_node(block, ret->node);
	fd = open(ret->node, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);
	/* An empty drive, and a disk that is not there any more, hold nothing. */
	if (fd < 0 && (errno == ENOMEDIUM || errno == ENXIO))
		return false;
	if (fd >= 0) {
		int loop = backs_loop(block, ret);

		if (loop < 0)
			*ret = (struct block_claim){ .kind = BLOCK_UNKNOWN, .error = loop };
		return loop != 0;
	}
	ret->kind = errno == EBUSY ? BLOCK_CLAIMED : BLOCK_UNKNOWN;
	ret->error = -errno;
	/* Without permission to try it, a name is an answer all the same. */
	name_holder(block, 0, ret);
	return true;
}

int block_find_claim(const struct device *dev, struct block_claim *ret)
{
	CLEANUP_STRV char **blocks = NULL;
	int err = sysfs_list(SYS_BLOCK, &blocks, NULL);

	*ret = (struct block_claim){ 0 };
	/* A kernel without block devices. */
	if (err == -ENOENT)
		return 0;
	if (err < 0)
		return err;
	for (char **block = blocks; block && *block; block++) {
		char link[PATH_MAX], path[PATH_MAX];
		struct block_claim found;
		int below;

		if (util_format(link, sizeof(link), SYS_BLOCK "/%s", *block) < 0)
			continue;
		err = sysfs_link_target(link, path);
		if (err == -ENOENT)
			continue;
		if (err < 0)
			return err;
		below = device_is_below(path, dev->path) ? 1 : is_nvme_head_of(path, dev);
		if (below < 0)
			return below;
		if (!below)
			continue;
		/* A disk is refused for its partitions' sake too: the name that says most. */
		if (claimed(*block, &found) && found.kind > ret->kind)
			*ret = found;
	}
	return 0;
}
