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

/* A process, and the list that its open nodes are added to. */
struct process {
	const char *pid;
	char *const *nodes;
	struct uses *uses;
};

static int add(const struct process *process, const char *node)
{
	CLEANUP_FREE struct use *use = calloc(1, sizeof(*use));
	char path[64];

	if (!use)
		return -ENOMEM;
	use->kind = USE_PROCESS;
	use->pid = (pid_t)strtol(process->pid, NULL, 10);
	util_format(use->node, sizeof(use->node), "%s", node);
	util_format(path, sizeof(path), "/proc/%.20s", process->pid);
	if (sysfs_read(path, "comm", use->user, sizeof(use->user)) < 0)
		util_format(use->user, sizeof(use->user), "?");
	return uses_add(process->uses, use);
}

/* Return: 0; -EACCES if the process may not be looked into; other -errno. */
static int look_at(const struct process *process, int dir_fd, const char *name)
{
	char node[PATH_MAX];
	ssize_t n = readlinkat(dir_fd, name, node, sizeof(node) - 1);

	if (n < 0)
		return errno == EACCES ? -EACCES : 0;
	node[n] = '\0';
	return is_one(node, process->nodes) ? add(process, node) : 0;
}

static int look_into(const struct process *process)
{
	CLEANUP_CLOSEDIR DIR *dir = NULL;
	struct dirent *entry;
	char path[64];

	util_format(path, sizeof(path), "/proc/%.20s/fd", process->pid);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		int err = look_at(process, dirfd(dir), entry->d_name);

		/* A caller without the capability to trace the process sees only the names. */
		if (err < 0)
			return err;
	}
	return 0;
}

int fuser_find(char *const *nodes, struct uses *uses)
{
	CLEANUP_CLOSEDIR DIR *dir = NULL;
	struct dirent *entry;
	size_t n_processes = 0;

	if (!nodes || !*nodes)
		return 0;
	dir = opendir("/proc");
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		struct process process = { entry->d_name, nodes, uses };
		int err;

		if (*process.pid < '1' || *process.pid > '9')
			continue;
		n_processes++;
		err = look_into(&process);
		if (err == -EACCES)
			uses->unseen++;
		else if (err < 0 && err != -ENOENT && err != -ESRCH)
			return err;
	}
	/* The caller is a process, too: without one, this is not a /proc. */
	return n_processes ? 0 : -ENOENT;
}
