/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the links of /proc/PID/fd. */
#include "use/fuser.h"

#include <errno.h>
#include <fcntl.h>

#define DELETED " (deleted)"

static bool is_node(const char *path, const char *node)
{
	size_t n = strlen(node);
	const char *rest;

	if (node[n - 1] != '*') {
		rest = util_after_prefix(path, node);
		return rest && (!*rest || streq(rest, DELETED));
	}
	if (strncmp(path, node, n - 1) != 0)
		return false;
	rest = path + n - 1;
	n = strspn(rest, "0123456789");
	return n > 0 && streq(rest + n, DELETED);
}

static bool is_one(const char *path, char *const *nodes)
{
	/* Of a /dev in another mount namespace the path is seen from that file system's root. */
	const char *below = util_after_prefix(path, "/dev/");

	if (!below)
		below = util_after_prefix(path, "/");
	for (; below && *nodes; nodes++)
		if (is_node(below, *nodes))
			return true;
	return false;
}

static bool has_open(const char *pid, char *const *nodes, struct fuser *ret, size_t *ret_unseen)
{
	char folder[64];
	CLEANUP_CLOSEDIR DIR *dir = NULL;
	struct dirent *entry;

	util_format(folder, sizeof(folder), "/proc/%.20s/fd", pid);
	dir = opendir(folder);
	if (!dir && errno == EACCES)
		(*ret_unseen)++;
	while (dir && (entry = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, ret->node, sizeof(ret->node) - 1);

		/* Listed, but not to be read: without the capability to trace it. */
		if (n < 0 && errno == EACCES) {
			(*ret_unseen)++;
			return false;
		}
		if (n <= 0)
			continue;
		ret->node[n] = '\0';
		if (is_one(ret->node, nodes))
			return true;
	}
	return false;
}

bool fuser_find(char *const *nodes, struct fuser *ret, size_t *ret_unseen)
{
	CLEANUP_CLOSEDIR DIR *dir = NULL;
	struct dirent *entry;
	char path[64];

	*ret = (struct fuser){ 0 };
	*ret_unseen = 0;
	if (!nodes || !*nodes)
		return false;
	dir = opendir("/proc");
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' ||
			!has_open(entry->d_name, nodes, ret, ret_unseen))
			continue;
		ret->pid = (pid_t)strtol(entry->d_name, NULL, 10);
		util_format(path, sizeof(path), "/proc/%.20s", entry->d_name);
		if (sysfs_read(path, "comm", ret->program, sizeof(ret->program)) < 0)
			util_format(ret->program, sizeof(ret->program), "?");
		return true;
	}
	return false;
}
