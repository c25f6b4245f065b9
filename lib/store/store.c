/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of saved overrides and the locks. Owns their names, their atomicity and durability; knows
 * no driver and no device.
 */
#include "store/store.h"
#include "store/store.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

int store_read(const char *bus, const char *name, char ret_driver[SYSFS_NAME_MAX])
{
	char path[PATH_MAX], text[SYSFS_NAME_MAX + 16];
	ssize_t n;

	util_format(path, sizeof(path), STORE_DIR "/%s-%s", bus, name);
	n = file_read(AT_FDCWD, path, text, sizeof(text));
	if (n < 0)
		return (int)n;
	while (n > 0 && strchr(" \t\r\n", text[n - 1]))
		text[--n] = '\0';
	if (!util_name_valid(text))
		return -EBADMSG;
	return util_format(ret_driver, SYSFS_NAME_MAX, "%s", text);
}

bool store_has(const char *bus, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	util_format(path, sizeof(path), STORE_DIR "/%s-%s", bus, name);
	return fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int store_read_policy(const char *bus, const char *name, char **ret_text)
{
	char path[PATH_MAX], file_new[PATH_MAX], policy_new[PATH_MAX];

	util_format(path, sizeof(path), STORE_DIR "/policy/%s-%s.ini", bus, name);
	util_format(file_new, sizeof(file_new), STORE_DIR "/.%s-%s.new", bus, name);
	util_format(policy_new, sizeof(policy_new), STORE_DIR "/policy/.%s-%s.ini.new", bus, name);
	/* Of a commit that has come half-way: see store.h. */
	if (sysfs_absent(file_new)) {
		int err = file_read_text(AT_FDCWD, policy_new, ret_text);

		if (err != -ENOENT)
			return err;
	}
	return file_read_text(AT_FDCWD, path, ret_text);
}

int store_list(const char *bus, char ***ret_names)
{
	CLEANUP_STRV char **files = NULL, **names = NULL;
	size_t n = 0;
	int err;

	*ret_names = NULL;
	err = sysfs_list(STORE_DIR, &files, NULL);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	for (char **file = files; file && *file; file++) {
		const char *rest = bus ? util_after_prefix(*file, bus) : strchr(*file, '-');
		char path[PATH_MAX];
		struct stat st;

		if (!rest || *rest != '-' || !rest[1] || **file == '.')
			continue;
		util_format(path, sizeof(path), STORE_DIR "/%s", *file);
		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			continue;
		err = util_strv_add(&names, &n, bus ? rest + 1 : *file);
		if (err < 0)
			return err;
	}
	*ret_names = STEAL(names);
	return 0;
}

static bool is_store(int dir_fd)
{
	struct stat a, b;

	return fstat(dir_fd, &a) == 0 && stat(STORE_DIR, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

int store_copy(const char *bus, const char *name, const char *root)
{
	CLEANUP_CLOSE int root_fd = file_open_dir(AT_FDCWD, root), etc_fd = -1, dir_fd = -1;
	CLEANUP_CLOSE int policy_fd = -1;
	CLEANUP_FREE char *file = NULL, *policy = NULL;
	char path[PATH_MAX];
	int err;

	if (root_fd < 0)
		return root_fd;
	util_format(path, sizeof(path), STORE_DIR "/%s-%s", bus, name);
	err = file_read_text(AT_FDCWD, path, &file);
	if (err < 0)
		return err;
	err = store_read_policy(bus, name, &policy);
	if (err < 0 && err != -ENOENT)
		return err == -EBADMSG ? -EFBIG : err;
	etc_fd = file_make_dir(root_fd, "etc", 0755, NULL);
	dir_fd = etc_fd < 0 ? etc_fd : file_make_dir(etc_fd, "driverctl.d", 0755, NULL);
	policy_fd = dir_fd < 0 ? dir_fd : file_make_dir(dir_fd, "policy", 0755, NULL);
	if (policy_fd < 0)
		return policy_fd;
	if (is_store(dir_fd))
		return -EEXIST;
	if (policy) {
		util_format(path, sizeof(path), "%s-%s.ini", bus, name);
		err = file_write(policy_fd, path, policy);
		if (err < 0)
			return err;
	}
	util_format(path, sizeof(path), "%s-%s", bus, name);
	return file_write(dir_fd, path, file);
}
