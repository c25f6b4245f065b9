/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the files of saved overrides. Knows no driver and no device, and changes nothing in /etc.
 */
#include "store/store.h"

#include "base/file.h"
#include "store/pending.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

static void file_path(const char *key, char ret_path[PATH_MAX])
{
	util_format(ret_path, PATH_MAX, STORE_DIR "/%s", key);
}

int store_read(const char *key, char ret_driver[SYSFS_NAME_MAX])
{
	char path[PATH_MAX], text[SYSFS_NAME_MAX + 16];
	ssize_t n;

	file_path(key, path);
	n = file_read(AT_FDCWD, path, text, sizeof(text));
	if (n < 0)
		return (int)n;
	while (n > 0 && strchr(" \t\r\n", text[n - 1]))
		text[--n] = '\0';
	if (!util_name_valid(text))
		return -EBADMSG;
	return util_format(ret_driver, SYSFS_NAME_MAX, "%s", text);
}

bool store_has(const char *key)
{
	char path[PATH_MAX];
	struct stat st;

	file_path(key, path);
	return fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int store_read_policy(const char *key, char **ret_text)
{
	char path[PATH_MAX];
	int err = pending_read_policy(key, ret_text);

	if (err != -ENOENT)
		return err;
	util_format(path, sizeof(path), STORE_POLICY_DIR "/%s.ini", key);
	return file_read_text(AT_FDCWD, path, ret_text);
}

/* Whether a file of the store can be a saved override: BUS-NAME, and no directory. */
static bool is_override(int dir_fd, const char *file)
{
	const char *dash = strchr(file, '-');
	struct stat st;

	if (*file == '.' || !dash || !dash[1])
		return false;
	return fstatat(dir_fd, file, &st, 0) < 0 || !S_ISDIR(st.st_mode);
}

int store_list(char ***ret_keys)
{
	CLEANUP_CLOSEDIR DIR *dir = opendir(STORE_DIR);
	CLEANUP_STRV char **keys = NULL;
	size_t n = 0;

	*ret_keys = NULL;
	if (!dir && errno == ENOENT)
		return 0;
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
		if (!is_override(dirfd(dir), entry->d_name))
			continue;
		err = util_strv_add(&keys, &n, entry->d_name);
		if (err < 0)
			return err;
	}
	util_strv_sort(keys, n);
	*ret_keys = STEAL(keys);
	return 0;
}

static bool is_store(int dir_fd)
{
	struct stat a, b;

	if (fstat(dir_fd, &a) < 0 || stat(STORE_DIR, &b) < 0)
		return false;
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Makes STORE_DIR below the root. @ret_dir_fd: -1, or the last directory that was made. */
static int make_store(int root_fd, int *ret_dir_fd)
{
	char path[] = STORE_DIR, *rest;

	for (char *part = strtok_r(path, "/", &rest); part; part = strtok_r(NULL, "/", &rest)) {
		CLEANUP_CLOSE int parent_fd = util_steal_fd(ret_dir_fd);
		int err =
			file_make_dir(parent_fd < 0 ? root_fd : parent_fd, part, ret_dir_fd, NULL);

		if (err < 0)
			return err;
	}
	return is_store(*ret_dir_fd) ? -EEXIST : 0;
}

int store_make(const char *root, int *ret_dir_fd)
{
	CLEANUP_CLOSE int root_fd = -1;
	int err = file_open_dir(AT_FDCWD, root, &root_fd);

	*ret_dir_fd = -1;
	return err < 0 ? err : make_store(root_fd, ret_dir_fd);
}

/* @ret_policy: NULL if there is none */
static int read_both(const char *key, char **ret_file, char **ret_policy)
{
	char path[PATH_MAX];
	int err;

	file_path(key, path);
	err = file_read_text(AT_FDCWD, path, ret_file);
	if (err < 0)
		return err;
	err = store_read_policy(key, ret_policy);
	if (err == -ENOENT)
		return 0;
	return err == -EBADMSG ? -EFBIG : err;
}

int store_copy(const char *key, const char *root)
{
	CLEANUP_CLOSE int dir_fd = -1, policy_fd = -1;
	CLEANUP_FREE char *file = NULL, *policy = NULL;
	int err = read_both(key, &file, &policy);

	if (err < 0)
		return err;
	err = store_make(root, &dir_fd);
	if (err < 0)
		return err;
	err = file_make_dir(dir_fd, "policy", &policy_fd, NULL);
	if (err < 0)
		return err;
	if (policy) {
		char policy_name[NAME_MAX + 1];

		util_format(policy_name, sizeof(policy_name), "%s.ini", key);
		err = file_write(policy_fd, policy_name, policy);
		if (err < 0)
			return err;
	}
	return file_write(dir_fd, key, file);
}
