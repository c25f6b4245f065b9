/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns how an open node is found: by the links of /proc/PID/fd. Opens no node. */
#include "use/fuser.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define DELETED " (deleted)"
#define HOST_PID_NAMESPACE 0xEFFFFFFCu

/* Open nodes with these numbers are looked for. */
struct search {
	const struct chardevs *numbers;
	int deleted_major;
	bool files_counted; /* see fd_size() */
	struct uses *uses;
};

static int add(const struct search *search, const char *pid, const char *node)
{
	CLEANUP_FREE struct use *use = calloc(1, sizeof(*use));
	char path[64];

	if (!use)
		return -ENOMEM;
	use->kind = USE_PROCESS;
	use->pid = (pid_t)strtol(pid, NULL, 10);
	util_format(use->node, sizeof(use->node), "%s", node);
	util_format(path, sizeof(path), "/proc/%.20s", pid);
	if (sysfs_read(path, "comm", use->user, sizeof(use->user)) < 0)
		util_format(use->user, sizeof(use->user), "?");
	return uses_add(search->uses, use);
}

static bool is_deleted(const char *path)
{
	size_t length = strlen(path);

	return length >= strlen(DELETED) && streq(path + length - strlen(DELETED), DELETED);
}

/* @path: as /proc/PID/fd shows it */
static bool is_match(const struct search *search, const struct statx *file, const char *path)
{
	if (chardevs_have(search->numbers, makedev(file->stx_rdev_major, file->stx_rdev_minor)))
		return true;
	return (int)file->stx_rdev_major == search->deleted_major && is_deleted(path);
}

/* For most files the number alone tells that they are no match. */
static bool may_match(const struct search *search, const struct statx *file)
{
	if (!S_ISCHR(file->stx_mode))
		return false;
	if ((int)file->stx_rdev_major == search->deleted_major)
		return true;
	return chardevs_have(search->numbers, makedev(file->stx_rdev_major, file->stx_rdev_minor));
}

/*
 * Whether a file could not be looked at because of the caller. Other failures are that the file was
 * closed since, or come from its file system, for example a network's that does not answer: no
 * node is on one.
 */
static bool is_own_failure(int err)
{
	return err == -EACCES || err == -ENOMEM || err == -ENFILE || err == -EMFILE;
}

/* A descriptor of O_PATH, by which udev for example changes the node's owner, does not open the
 * device. */
static bool is_path_only(const char *pid, int dir_fd, const char *name)
{
	char dir[64], text[1024];
	unsigned int flags;

	util_format(dir, sizeof(dir), "/proc/%.20s/fdinfo", pid);
	/* It may have been closed since. */
	if (sysfs_read(dir, name, text, sizeof(text)) < 0)
		return faccessat(dir_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
	return sscanf(text, "pos: %*d flags: %o", &flags) == 1 && flags & O_PATH;
}

/* Return: 0; -EACCES if the process may not be looked into; other -errno. */
static int look_at(const struct search *search, const char *pid, int dir_fd, const char *name)
{
	struct statx file;
	char path[PATH_MAX];
	ssize_t n;

	/* The file system is not asked: it may be one that never answers. */
	if (statx(dir_fd, name, AT_STATX_DONT_SYNC, STATX_TYPE, &file) < 0)
		return is_own_failure(-errno) ? -errno : 0;
	if (!may_match(search, &file))
		return 0;
	n = readlinkat(dir_fd, name, path, sizeof(path) - 1);
	if (n < 0)
		return errno == ENOENT ? 0 : -errno;
	path[n] = '\0';
	if (!is_match(search, &file, path) || is_path_only(pid, dir_fd, name))
		return 0;
	return add(search, pid, path);
}

static bool has_vanished(int err)
{
	return err == -ENOENT || err == -ESRCH;
}

/* Since Linux 6.2 it is the number of open files, before that it is always 0. Return: -errno */
static off_t fd_size(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? -errno : st.st_size;
}

static int look_into(const struct search *search, const char *pid)
{
	CLEANUP_CLOSEDIR DIR *dir = NULL;
	struct dirent *entry;
	char path[64];

	util_format(path, sizeof(path), "/proc/%.20s/fd", pid);
	/* Most processes of a host are threads of the kernel, which have no files. */
	if (search->files_counted && fd_size(path) == 0)
		return 0;
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (errno = 0, (entry = readdir(dir))) {
		int err;

		if (entry->d_name[0] == '.')
			continue;
		err = look_at(search, pid, dirfd(dir), entry->d_name);
		/* A caller without the capability to trace the process sees only the names. */
		if (err < 0)
			return err;
	}
	return -errno;
}

int fuser_find(const struct chardevs *numbers, int deleted_major, struct uses *uses)
{
	const struct search search = {
		.numbers = numbers,
		.deleted_major = deleted_major,
		.files_counted = fd_size("/proc/self/fd") > 0,
		.uses = uses,
	};
	CLEANUP_CLOSEDIR DIR *dir = opendir("/proc");
	struct dirent *entry;
	size_t n_processes = 0;

	if (!dir)
		return -errno;
	while (errno = 0, (entry = readdir(dir))) {
		const char *pid = entry->d_name;
		int err;

		if (*pid < '1' || *pid > '9')
			continue;
		n_processes++;
		err = look_into(&search, pid);
		if (err == -EACCES)
			uses->unseen++;
		else if (err < 0 && !has_vanished(err))
			return err;
	}
	if (errno)
		return -errno;
	/* The caller is a process, too: without one, this is not a /proc. */
	return n_processes ? 0 : -ENOENT;
}

bool fuser_sees_host(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) == 0 && st.st_ino == HOST_PID_NAMESPACE;
}
