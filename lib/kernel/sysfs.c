/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns how /sys is accessed. Does not know what a file of /sys means. */
#include "kernel/sysfs.h"

#include "base/util.h"

#include <errno.h>
#include <fcntl.h>

/* Copied, not printed: a listing of many devices spends its time here. */
static int join(char ret_path[PATH_MAX], const char *dir, const char *name)
{
	size_t length = strlen(dir);
	size_t name_size = strlen(name) + 1;

	if (length + 1 + name_size > PATH_MAX)
		return -ENAMETOOLONG;
	stpcpy(ret_path, dir)[0] = '/';
	memcpy(ret_path + length + 1, name, name_size);
	return 0;
}

ssize_t sysfs_read(const char *dir, const char *name, char *buf, size_t size)
{
	CLEANUP_CLOSE int fd = -1;
	char path[PATH_MAX];
	ssize_t n;
	int err;

	err = join(path, dir, name);
	if (err < 0)
		return err;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	if (n < 0)
		return -errno;
	while (n > 0 && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return n;
}

void sysfs_read_text(const char *dir, const char *name, char *buf, size_t size)
{
	if (sysfs_read(dir, name, buf, size) < 0)
		buf[0] = '\0';
}

int sysfs_write(const char *dir, const char *name, const char *value)
{
	CLEANUP_CLOSE int fd = -1;
	char path[PATH_MAX];
	ssize_t n;
	int err;

	err = join(path, dir, name);
	if (err < 0)
		return err;
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = write(fd, value, strlen(value));
	if (n < 0)
		return -errno;
	return (size_t)n == strlen(value) ? 0 : -EIO;
}

int sysfs_link(const char *dir, const char *name, char ret_name[SYSFS_NAME_MAX])
{
	char path[PATH_MAX], target[SYSFS_VALUE_MAX];
	const char *slash;
	ssize_t n;
	int err;

	ret_name[0] = '\0';
	err = join(path, dir, name);
	if (err < 0)
		return err;
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return errno == ENOENT ? 0 : -errno;
	target[n] = '\0';
	slash = strrchr(target, '/');
	return util_format(ret_name, SYSFS_NAME_MAX, "%s", slash ? slash + 1 : target);
}

int sysfs_link_target(const char *dir, const char *name, char ret_target[PATH_MAX])
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *rest = target;
	char *last;
	ssize_t n;
	int err;

	err = join(path, dir, name);
	if (err < 0)
		return err;
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	/* The link itself goes first, then one directory for each step up. */
	last = strrchr(path, '/');
	while (last && util_after_prefix(rest, "../")) {
		*last = '\0';
		last = strrchr(path, '/');
		rest += strlen("../");
	}
	if (!last || *rest == '/')
		return -EBADMSG;
	*last = '\0';
	return join(ret_target, path, rest);
}

int sysfs_resolve(const char *dir, const char *name, char ret_path[PATH_MAX])
{
	char path[PATH_MAX];
	int err;

	ret_path[0] = '\0';
	err = join(path, dir, name);
	if (err < 0)
		return err;
	if (realpath(path, ret_path))
		return 0;
	ret_path[0] = '\0';
	return -errno;
}

/* Return: 0 with the next name, NULL after the last one; or -errno of readdir(3). */
static int next_name(DIR *dir, const char **ret_name)
{
	for (;;) {
		struct dirent *entry;

		*ret_name = NULL;
		errno = 0;
		entry = readdir(dir);
		if (!entry)
			return -errno;
		*ret_name = entry->d_name;
		if (!streq(entry->d_name, ".") && !streq(entry->d_name, ".."))
			return 0;
	}
}

int sysfs_list(const char *dir, const char *name, char ***ret_names, size_t *ret_n)
{
	CLEANUP_CLOSEDIR DIR *stream = NULL;
	CLEANUP_STRV char **names = NULL;
	char path[PATH_MAX];
	const char *entry;
	size_t n = 0;
	int err;

	*ret_names = NULL;
	err = name ? join(path, dir, name) : 0;
	if (err < 0)
		return err;
	stream = opendir(name ? path : dir);
	if (!stream)
		return -errno;
	for (;;) {
		err = next_name(stream, &entry);
		if (err < 0)
			return err;
		if (!entry)
			break;
		err = util_strv_add(&names, &n, entry);
		if (err < 0)
			return err;
	}
	util_strv_sort(names, n);
	*ret_names = STEAL(names);
	if (ret_n)
		*ret_n = n;
	return 0;
}

bool sysfs_has(const char *dir, const char *name)
{
	char path[PATH_MAX];

	if (join(path, dir, name) < 0)
		return false;
	return access(path, F_OK) == 0;
}

bool sysfs_absent(const char *dir, const char *name)
{
	char path[PATH_MAX];

	if (join(path, dir, name) < 0)
		return false;
	return access(path, F_OK) < 0 && errno == ENOENT;
}

bool sysfs_is_below(const char *path, const char *dir)
{
	const char *rest = util_after_prefix(path, dir);

	return rest && *rest == '/';
}
