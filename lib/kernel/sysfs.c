/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Access to /sys. Knows files, not what they mean. */
#include "kernel/sysfs.h"

#include <errno.h>
#include <fcntl.h>

ssize_t sysfs_read(int dir_fd, const char *path, char *buf, size_t size)
{
	CLEANUP_CLOSE int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

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

void sysfs_read_text(const char *folder, const char *file, char *buf, size_t size)
{
	char path[PATH_MAX];

	buf[0] = '\0';
	if (util_format(path, sizeof(path), "%s/%s", folder, file) == 0 &&
		sysfs_read(AT_FDCWD, path, buf, size) < 0)
		buf[0] = '\0';
}

int sysfs_write(const char *path, const char *value)
{
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, value, strlen(value));
	if (n < 0)
		return -errno;
	return (size_t)n == strlen(value) ? 0 : -EIO;
}

int sysfs_link_name(int dir_fd, const char *path, char ret_name[SYSFS_NAME_MAX])
{
	char target[SYSFS_VALUE_MAX];
	ssize_t n = readlinkat(dir_fd, path, target, sizeof(target) - 1);
	const char *slash;

	if (n < 0)
		return -errno;
	target[n] = '\0';
	slash = strrchr(target, '/');
	return util_format(ret_name, SYSFS_NAME_MAX, "%s", slash ? slash + 1 : target);
}

int sysfs_link_target(const char *path, char ret_target[PATH_MAX])
{
	char target[PATH_MAX], folder[PATH_MAX], *rest = target;
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	char *last;

	if (n < 0)
		return -errno;
	target[n] = '\0';
	if (util_format(folder, sizeof(folder), "%s", path) < 0)
		return -ENAMETOOLONG;
	for (last = strrchr(folder, '/'); last && util_after_prefix(rest, "../");
		last = strrchr(folder, '/')) {
		*last = '\0';
		rest += strlen("../");
	}
	if (!last || *rest == '/')
		return -EBADMSG;
	*last = '\0';
	return util_format(ret_target, PATH_MAX, "%s/%s", folder, rest);
}

int sysfs_list(const char *path, char ***ret_names, size_t *ret_n)
{
	CLEANUP_CLOSEDIR DIR *dir = opendir(path);
	CLEANUP_STRV char **names = NULL;
	size_t n = 0;

	if (!dir)
		return -errno;
	for (;;) {
		struct dirent *entry;
		int err;

		errno = 0;
		entry = readdir(dir);
		if (!entry && errno)
			return -errno;
		if (!entry)
			break;
		if (streq(entry->d_name, ".") || streq(entry->d_name, ".."))
			continue;
		err = util_strv_add(&names, &n, entry->d_name);
		if (err < 0)
			return err;
	}
	util_strv_sort(names, n);
	*ret_names = STEAL(names);
	if (ret_n)
		*ret_n = n;
	return 0;
}

bool sysfs_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

bool sysfs_absent(const char *path)
{
	return access(path, F_OK) < 0 && errno == ENOENT;
}
