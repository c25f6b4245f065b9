/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of saved overrides. */
#include "store/saved.h"

#include "base/file.h"
#include "kernel/pci.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

/* In the order that savefile.h asks for. */
enum { DRIVER, POLICY };

static int add_files(struct savefile *save, const char *key)
{
	char name[NAME_MAX + 1];
	int err = util_format(name, sizeof(name), "%s.ini", key);

	if (err == 0)
		err = savefile_add(save, STORE_DIR, key);
	return err < 0 ? err : savefile_add(save, STORE_POLICY_DIR, name);
}

static void driver_path(const char *key, char ret[PATH_MAX])
{
	util_format(ret, PATH_MAX, STORE_DIR "/%s", key);
}

/* --- read --- */

int saved_driver(const char *key, char ret_driver[SYSFS_NAME_MAX])
{
	char path[PATH_MAX], text[SYSFS_NAME_MAX + 16];
	ssize_t n;

	driver_path(key, path);
	n = file_read(AT_FDCWD, path, text, sizeof(text));
	if (n < 0)
		return (int)n;
	while (n > 0 && strchr(" \t\r\n", text[n - 1]))
		text[--n] = '\0';
	if (!util_name_valid(text))
		return -EBADMSG;
	return util_format(ret_driver, SYSFS_NAME_MAX, "%s", text);
}

int saved_policy_text(const char *key, char **ret_text)
{
	struct savefile save = { 0 };

	/* Nothing can be saved for a key that is too long. */
	return add_files(&save, key) < 0 ? -ENOENT : savefile_read(&save, POLICY, ret_text);
}

static int read_policy(const char *key, struct saved *saved)
{
	CLEANUP_FREE char *text = NULL;
	int err = saved_policy_text(key, &text);

	if (err < 0)
		return err;
	err = policy_parse(text, &saved->policy);
	if (err == 0 && streq(saved->policy.driver, saved->driver))
		return 0;
	saved->policy = (struct policy){ 0 };
	return err < 0 ? err : -ENOENT;
}

int saved_get(const struct device *dev, struct saved *ret)
{
	char modalias[SYSFS_VALUE_MAX], path[PATH_MAX], key[DEVICE_KEY_MAX];
	int err;

	*ret = (struct saved){ 0 };
	device_key(dev, key);
	err = saved_driver(key, ret->driver);
	if (err < 0)
		return err;
	err = read_policy(key, ret);
	if (err == -ENOENT)
		return 0;
	/* A damaged policy may have been that of another device. */
	if (err == -EBADMSG)
		return -ESTALE;
	if (err < 0 || !dev->path[0])
		return err;
	err = pci_identity(dev, modalias, path);
	if (err < 0)
		return err;
	return policy_matches(&ret->policy, modalias, path) ? 0 : -ESTALE;
}

bool saved_has(const char *key)
{
	char path[PATH_MAX];
	struct stat st;

	driver_path(key, path);
	return lstat(path, &st) == 0;
}

/* Whether a file of the store can be a saved override: BUS-NAME, and no directory. */
static bool is_key(const char *name)
{
	const char *dash = strchr(name, '-');
	char path[PATH_MAX];
	struct stat st;

	if (*name == '.' || !dash || !dash[1])
		return false;
	driver_path(name, path);
	return stat(path, &st) < 0 || !S_ISDIR(st.st_mode);
}

int saved_list(char ***ret_keys)
{
	char **names;
	size_t kept = 0;
	int err = sysfs_list(STORE_DIR, NULL, &names, NULL);

	*ret_keys = NULL;
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	for (char **name = names; name && *name; name++) {
		if (is_key(*name))
			names[kept++] = *name;
		else
			free(*name);
	}
	if (names)
		names[kept] = NULL;
	if (kept == 0)
		util_strv_freep(&names);
	*ret_keys = names;
	return 0;
}

/* --- write --- */

int saved_put(struct savefile *save, const char *key, struct saved *saved, bool dry_run)
{
	CLEANUP_FREE char *policy = NULL;
	char line[SYSFS_NAME_MAX + 1];
	const char *texts[SAVEFILE_MAX] = { [DRIVER] = line };
	int err;

	memcpy(saved->policy.driver, saved->driver, sizeof(saved->driver));
	err = policy_format(&saved->policy, &policy);
	if (err == -EINVAL) {
		saved->policy.modalias[0] = '\0';
		err = policy_format(&saved->policy, &policy);
	}
	if (err < 0)
		return err;
	texts[POLICY] = policy;
	util_format(line, sizeof(line), "%s\n", saved->driver);
	err = add_files(save, key);
	return err < 0 ? err : savefile_prepare(save, texts, dry_run);
}

int saved_delete(struct savefile *save, const char *key, bool dry_run)
{
	int err = add_files(save, key);

	return err < 0 ? err : savefile_prepare_removal(save, dry_run);
}

int saved_tidy(const char *key)
{
	struct savefile save = { 0 };
	int err = add_files(&save, key);

	return err < 0 ? err : savefile_tidy(&save);
}

int saved_copy(const char *key, int dir_fd)
{
	CLEANUP_FREE char *driver = NULL, *policy = NULL;
	CLEANUP_CLOSE int policy_fd = -1;
	char path[PATH_MAX];
	int err;

	driver_path(key, path);
	err = file_read_text(AT_FDCWD, path, &driver);
	if (err < 0)
		return err;
	err = saved_policy_text(key, &policy);
	if (err < 0 && err != -ENOENT)
		return err == -EBADMSG ? -EFBIG : err;
	err = file_make_dir(dir_fd, "policy", &policy_fd, NULL);
	if (err == 0 && policy) {
		char policy_name[NAME_MAX + 1];

		util_format(policy_name, sizeof(policy_name), "%s.ini", key);
		err = file_write(policy_fd, policy_name, policy);
	}
	return err < 0 ? err : file_write(dir_fd, key, driver);
}
