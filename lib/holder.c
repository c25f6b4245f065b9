/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the users of a device. Opens block devices to see whether they are claimed. */
#include "holder.h"

#include <errno.h>
#include <fcntl.h>

#define SYS_BLOCK "/sys/class/block"
#define VFIO_MODULE "/sys/module/vfio"
/* dm on md on a partition: what is stacked deeper is named by its lowest layers. */
#define STACK_DEPTH_MAX 8

static bool is_below(const char *path, const char *folder)
{
	const char *rest = util_after_prefix(path, folder);

	return rest && *rest == '/';
}

/*
 * /sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1 with multipath: its subsystem's folder
 * has a link for every controller, nvme0.
 */
static bool is_nvme_head_of(const char *block, const struct device *dev)
{
	char subsystem[PATH_MAX], path[PATH_MAX], controller[PATH_MAX];
	CLEANUP_STRV char **names = NULL;
	const char *at = strstr(block, "/nvme-subsys");
	const char *disk = at ? strstr(at + 1, "/nvme-subsys") : NULL;

	disk = disk ? strchr(disk + 1, '/') : NULL;
	if (!disk)
		return false;
	util_format(subsystem, sizeof(subsystem), "%.*s", (int)(disk - block), block);
	if (sysfs_list(subsystem, &names, NULL) < 0)
		return false;
	for (char **name = names; name && *name; name++)
		if (util_format(path, sizeof(path), "%s/%s", subsystem, *name) == 0 &&
			realpath(path, controller) && is_below(controller, dev->path))
			return true;
	return false;
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

/* Where a block device is mounted, by its number or (btrfs) as the source. */
static bool mounted_at(const char *number, const char *node, char *ret, size_t size)
{
	CLEANUP_FREE char *line = NULL;
	size_t room = 0;
	FILE *f = fopen("/proc/self/mountinfo", "re");
	bool found = false;

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

static void name_node(const char *block, char ret[SYSFS_NAME_MAX])
{
	util_format(ret, SYSFS_NAME_MAX, "/dev/%s", block);
	/* cciss!c0d0 is /dev/cciss/c0d0. */
	for (char *c = ret; *c; c++)
		if (*c == '!')
			*c = '/';
}

/* Follows holders/ up to a mount or swap; names the first holder where there is none. */
static bool name_holder(const char *block, int depth, struct holder *ret)
{
	char path[PATH_MAX], number[64] = "", node[SYSFS_NAME_MAX];
	CLEANUP_STRV char **holders = NULL;

	name_node(block, node);
	util_format(path, sizeof(path), SYS_BLOCK "/%s/dev", block);
	sysfs_read(AT_FDCWD, path, number, sizeof(number));
	if (mounted_at(number, node, ret->user, sizeof(ret->user)))
		ret->kind = HOLDER_MOUNT;
	else if (is_swap(node))
		ret->kind = HOLDER_SWAP;
	if (ret->kind == HOLDER_MOUNT || ret->kind == HOLDER_SWAP) {
		util_format(ret->node, sizeof(ret->node), "%s", node);
		return true;
	}
	util_format(path, sizeof(path), SYS_BLOCK "/%s/holders", block);
	if (depth == STACK_DEPTH_MAX || sysfs_list(path, &holders, NULL) < 0 || !holders)
		return false;
	for (char **holder = holders; *holder; holder++)
		if (name_holder(*holder, depth + 1, ret))
			return true;
	if (ret->kind == HOLDER_CLAIMED) {
		ret->kind = HOLDER_DEVICE;
		util_format(ret->node, sizeof(ret->node), "%s", node);
		name_node(holders[0], ret->user);
	}
	return false;
}

/* --- VFIO --- */

/* Of a /dev in another mount namespace the path is seen from that file system's root. */
static bool is_group_node(const char *path, const char *group)
{
	const char *node = util_after_prefix(path, "/dev/vfio/");

	if (!node)
		node = util_after_prefix(path, "/vfio/");
	if (!node)
		return false;
	if (util_after_prefix(node, "noiommu-"))
		node += strlen("noiommu-");
	node = util_after_prefix(node, group);
	return node && (!*node || streq(node, " (deleted)"));
}

/* readlink(2) only: to stat an open file may block. */
static bool has_open(const char *pid, const char *group, char node[SYSFS_NAME_MAX])
{
	char folder[64], target[PATH_MAX];
	CLEANUP_CLOSEDIR DIR *dir = NULL;
	struct dirent *entry;

	util_format(folder, sizeof(folder), "/proc/%.20s/fd", pid);
	dir = opendir(folder);
	while (dir && (entry = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		if (n <= 0)
			continue;
		target[n] = '\0';
		if (is_group_node(target, group)) {
			util_format(node, SYSFS_NAME_MAX, "%s", target);
			return true;
		}
	}
	return false;
}

/*
 * Whether any VFIO node may be open. Each holds its module, vfio, beside the modules that depend on
 * it; where there is nothing else, no process needs to be looked into, which takes most of the time
 * of a load. A built-in vfio counts nothing.
 * Source: .owner of vfio_fops, vfio_group_fops and vfio_device_fops in Linux drivers/vfio.
 */
static bool vfio_may_be_open(void)
{
	CLEANUP_STRV char **holders = NULL;
	char text[32];
	size_t n;

	return sysfs_read(AT_FDCWD, VFIO_MODULE "/refcnt", text, sizeof(text)) <= 0 ||
	       sysfs_list(VFIO_MODULE "/holders", &holders, &n) < 0 || strtoul(text, NULL, 10) != n;
}

static bool find_vfio_user(const struct device *dev, struct holder *ret)
{
	CLEANUP_CLOSEDIR DIR *dir = NULL;
	char path[PATH_MAX], group[SYSFS_NAME_MAX];
	struct dirent *entry;

	if (util_format(path, sizeof(path), "%s/iommu_group", dev->path) < 0 ||
		sysfs_link_name(AT_FDCWD, path, group) < 0 || !vfio_may_be_open())
		return false;
	dir = opendir("/proc");
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' ||
			!has_open(entry->d_name, group, ret->node))
			continue;
		ret->kind = HOLDER_PROCESS;
		ret->pid = (pid_t)atol(entry->d_name);
		util_format(path, sizeof(path), "/proc/%.20s/comm", entry->d_name);
		if (sysfs_read(AT_FDCWD, path, ret->user, sizeof(ret->user)) < 0)
			util_format(ret->user, sizeof(ret->user), "?");
		return true;
	}
	return false;
}

/* --- virtual functions --- */

static bool has_functions(const struct device *dev, struct holder *ret)
{
	char path[PATH_MAX];

	if (util_format(path, sizeof(path), "%s/sriov_numvfs", dev->path) < 0 ||
		sysfs_read(AT_FDCWD, path, ret->user, sizeof(ret->user)) <= 0 ||
		streq(ret->user, "0"))
		return false;
	ret->kind = HOLDER_FUNCTIONS;
	return true;
}

/* --- block devices --- */

/* One path of a multipath disk has no node: the disk above it has. */
static bool is_hidden(const char *block)
{
	char path[PATH_MAX], value[16];

	return util_format(path, sizeof(path), SYS_BLOCK "/%s/hidden", block) == 0 &&
	       sysfs_read(AT_FDCWD, path, value, sizeof(value)) > 0 && streq(value, "1");
}

/* Return: whether the block device is in use, or may be. */
static bool claimed(const char *block, struct holder *ret)
{
	CLEANUP_CLOSE int fd = -1;

	*ret = (struct holder){ 0 };
	if (is_hidden(block))
		return false;
	name_node(block, ret->node);
	fd = open(ret->node, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);
	/* An empty drive, and a disk that is not there any more, hold nothing. */
	if (fd >= 0 || errno == ENOMEDIUM || errno == ENXIO)
		return false;
	if (errno != EBUSY) {
		ret->kind = HOLDER_UNKNOWN;
		ret->error = -errno;
		return true;
	}
	ret->kind = HOLDER_CLAIMED;
	name_holder(block, 0, ret);
	return true;
}

/* A disk is refused for its partitions' sake too: the better name is the one that says where. */
static bool better(const struct holder *a, const struct holder *b)
{
	static const int rank[] = {
		[HOLDER_NONE] = 0,
		[HOLDER_UNKNOWN] = 1,
		[HOLDER_CLAIMED] = 2,
		[HOLDER_DEVICE] = 3,
		[HOLDER_SWAP] = 4,
		[HOLDER_MOUNT] = 5,
	};

	return rank[a->kind] > rank[b->kind];
}

int holder_find_disk(const struct device *dev, struct holder *ret)
{
	CLEANUP_STRV char **blocks = NULL;
	int err = sysfs_list(SYS_BLOCK, &blocks, NULL);

	/* A kernel without block devices. */
	if (err == -ENOENT)
		return 0;
	if (err < 0)
		return err;
	for (char **block = blocks; block && *block; block++) {
		char link[PATH_MAX], path[PATH_MAX];
		struct holder found;

		if (util_format(link, sizeof(link), SYS_BLOCK "/%s", *block) < 0 ||
			!realpath(link, path))
			continue;
		if (!is_below(path, dev->path) && !is_nvme_head_of(path, dev))
			continue;
		if (claimed(*block, &found) && better(&found, ret))
			*ret = found;
	}
	return 0;
}

int holder_find(const struct device *dev, struct holder *ret)
{
	*ret = (struct holder){ 0 };
	if (find_vfio_user(dev, ret) || has_functions(dev, ret))
		return 0;
	return holder_find_disk(dev, ret);
}
