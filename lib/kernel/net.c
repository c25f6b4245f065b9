/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the layout of /sys/class/net. Knows no routes. */
#include "kernel/net.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define NET SYSFS_CLASS "/net"

/* An adapter on a USB hub: usb1/1-1/1-1.2/1-1.2:1.0/net. */
#define DEPTH_MAX 12

int net_list(const struct device *dev, char ***ret_names)
{
	CLEANUP_STRV char **all = NULL;
	int err, result = 0;
	size_t n = 0;

	*ret_names = NULL;
	err = sysfs_list(NET, NULL, &all, NULL);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	for (char **name = all; name && *name; name++) {
		char path[PATH_MAX];

		err = sysfs_resolve(NET, *name, path);
		/* It was renamed or removed since. */
		if (err == -ENOENT)
			continue;
		if (err < 0 && result == 0)
			result = err;
		if (err < 0 || !sysfs_is_below(path, dev->path))
			continue;
		err = util_strv_add(ret_names, &n, *name);
		if (err < 0)
			return err;
	}
	return result;
}

int net_uppers(const char *interface, char ***ret_names)
{
	CLEANUP_STRV char **links = NULL, **names = NULL;
	size_t n = 0;
	int err;

	*ret_names = NULL;
	err = sysfs_list(NET, interface, &links, NULL);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	for (char **link = links; link && *link; link++) {
		const char *upper = util_after_prefix(*link, "upper_");

		if (!upper)
			continue;
		err = util_strv_add(&names, &n, upper);
		if (err < 0)
			return err;
	}
	*ret_names = STEAL(names);
	return 0;
}

uint32_t net_index(const char *interface)
{
	char name[SYSFS_NAME_MAX + 16], value[16];

	util_format(name, sizeof(name), "%s/ifindex", interface);
	sysfs_read_text(NET, name, value, sizeof(value));
	return (uint32_t)strtoul(value, NULL, 10);
}

/* --- interfaces in other namespaces --- */

static bool is_dots(const char *name)
{
	return streq(name, ".") || streq(name, "..");
}

/* @fd: taken over, also after a failure */
static int open_stream(int fd, DIR **ret)
{
	*ret = fdopendir(fd);
	if (*ret)
		return 0;
	close(fd);
	return -errno;
}

/* Whether directories are there that are not listed. @fd: net/; taken over */
static int is_hiding(int fd)
{
	CLEANUP_CLOSEDIR DIR *dir = NULL;
	struct dirent *entry;
	nlink_t listed = 0;
	struct stat st;
	int err = open_stream(fd, &dir);

	if (err < 0)
		return err;
	if (fstat(dirfd(dir), &st) < 0)
		return -errno;
	while ((entry = readdir(dir)))
		listed += !is_dots(entry->d_name);
	/* The directory has two links of its own. Some file systems do not count links. */
	return listed == 0 || st.st_nlink > listed + 2;
}

static int search_below(int fd, int depth);

/* A link leads to another device. */
static bool may_be_directory(const struct dirent *entry)
{
	if (is_dots(entry->d_name))
		return false;
	return entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN;
}

/* It was removed, or it is a file or a link after all. */
static bool is_no_directory(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ELOOP;
}

/* NOLINTNEXTLINE(misc-no-recursion): no further than DEPTH_MAX */
static int search_entry(int dir_fd, const char *name, int depth)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return is_no_directory(errno) ? 0 : -errno;
	if (streq(name, "net"))
		return is_hiding(fd);
	return search_below(fd, depth + 1);
}

/* @fd: taken over. Return: 1 if a net/ in this directory or below hides an interface, 0, -errno. */
/* NOLINTNEXTLINE(misc-no-recursion): no further than DEPTH_MAX */
static int search_below(int fd, int depth)
{
	CLEANUP_CLOSEDIR DIR *dir = NULL;
	struct dirent *entry;
	int found = open_stream(fd, &dir);

	if (found < 0 || depth == DEPTH_MAX)
		return found;
	while ((entry = readdir(dir))) {
		if (!may_be_directory(entry))
			continue;
		found = search_entry(dirfd(dir), entry->d_name, depth);
		if (found != 0)
			return found;
	}
	return 0;
}

int net_has_hidden(const struct device *dev)
{
	int fd = open(dev->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	return search_below(fd, 0);
}
