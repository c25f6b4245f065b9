/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns how an open node is found: by the links of /proc/PID/fd. Opens no node. */
#include "use/fuser.h"

#include <errno.h>

#define DELETED " (deleted)"

static bool is_exact(const char *path, const char *node)
{
	const char *rest = util_after_prefix(path, node);

	if (!rest)
		return false;
	return !*rest || streq(rest, DELETED);
}

/* @length: of the part of @node before the '*' */
static bool is_deleted_number(const char *path, const char *node, size_t length)
{
	size_t digits;

	if (strncmp(path, node, length) != 0)
		return false;
	path += length;
	digits = strspn(path, "0123456789");
	return digits > 0 && streq(path + digits, DELETED);
}

static bool is_node(const char *path, const char *node)
{
	size_t length = strlen(node) - 1;

	if (node[length] == '*')
		return is_deleted_number(path, node, length);
	return is_exact(path, node);
}

static bool is_one(const char *path, char *const *nodes)
{
	const char *below = util_after_prefix(path, "/dev/");

	/* In another mount namespace, a path begins at the root of the file system of /dev. */
	if (!below)
		below = util_after_prefix(path, "/");
	for (; below && *nodes; nodes++)
		if (is_node(below, *nodes))
			return true;
	return false;
}

/* Return: 1 if the process has one of the nodes open; 0; -errno if that cannot be found out. */
static int has_open(const char *pid, char *const *nodes, struct fuser *ret, size_t *ret_unseen)
{
	CLEANUP_CLOSEDIR DIR *dir = NULL;
	struct dirent *entry;
	char path[64];

	util_format(path, sizeof(path), "/proc/%.20s/fd", pid);
	dir = opendir(path);
	if (!dir && errno == EACCES)
		(*ret_unseen)++;
	if (!dir)
		return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? -errno : 0;
	while ((entry = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, ret->node, sizeof(ret->node) - 1);

		/* A caller without the capability to trace the process sees only the names. */
		if (n < 0 && errno == EACCES) {
			(*ret_unseen)++;
			return 0;
		}
		if (n <= 0)
			continue;
		ret->node[n] = '\0';
		if (is_one(ret->node, nodes))
			return 1;
	}
	return 0;
}

static void read_program(const char *pid, struct fuser *ret)
{
	char path[64];

	ret->pid = (pid_t)strtol(pid, NULL, 10);
	util_format(path, sizeof(path), "/proc/%.20s", pid);
	if (sysfs_read(path, "comm", ret->program, sizeof(ret->program)) < 0)
		util_format(ret->program, sizeof(ret->program), "?");
}

int fuser_find(char *const *nodes, struct fuser *ret, size_t *ret_unseen)
{
	CLEANUP_CLOSEDIR DIR *dir = NULL;
	struct dirent *entry;
	size_t n_processes = 0;

	*ret = (struct fuser){ 0 };
	*ret_unseen = 0;
	if (!nodes || !*nodes)
		return 0;
	dir = opendir("/proc");
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		const char *pid = entry->d_name;
		int found;

		if (*pid < '1' || *pid > '9')
			continue;
		n_processes++;
		found = has_open(pid, nodes, ret, ret_unseen);
		if (found > 0)
			read_program(pid, ret);
		if (found != 0)
			return found;
	}
	/* The caller is a process, too: without one, this is not a /proc. */
	return n_processes ? 0 : -ENOENT;
}
