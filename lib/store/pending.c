/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Owns the atomicity and the durability of the store, and the temporary names. The order of the two
 * files, which pending.h explains, is that of the array; nothing here may depart from it.
 */
#include "store/pending.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

static int name_files(struct pending *p, const char *key)
{
	struct pending_file *file = &p->files[0], *policy = &p->files[1];

	if (util_format(policy->name_new, sizeof(policy->name_new), ".%s.ini.new", key) < 0)
		return -ENAMETOOLONG;
	/* The others are shorter. */
	util_format(policy->name, sizeof(policy->name), "%s.ini", key);
	util_format(file->name_new, sizeof(file->name_new), ".%s.new", key);
	util_format(file->name, sizeof(file->name), "%s", key);
	return 0;
}

/* --- prepare --- */

static int read_old(struct pending_file *file)
{
	int err;

	if (file->dir_fd < 0)
		return 0;
	err = file_read_text(file->dir_fd, file->name, &file->old);
	/* A file that is no text cannot be put back: the commit loses it. */
	if (err == -ENOENT || err == -EBADMSG)
		return 0;
	return err;
}

static void compare(struct pending *p, const struct pending_file *file, const char *text)
{
	if (!file->old || !streq(file->old, text))
		p->changes = true;
}

static int write_new(struct pending *p, struct pending_file *file, const char *text)
{
	compare(p, file, text);
	return file_write(file->dir_fd, file->name_new, text);
}

int pending_prepare(struct pending *p, const char *key, const char *driver, const char *policy_text)
{
	char line[SYSFS_NAME_MAX + 1];
	const char *const texts[PENDING_FILES] = { line, policy_text };
	int err = name_files(p, key);

	if (err < 0)
		return err;
	util_format(line, sizeof(line), "%s\n", driver);
	err = file_make_dir(AT_FDCWD, STORE_DIR, &p->files[0].dir_fd, NULL);
	if (err < 0)
		return err;
	err = file_make_dir(p->files[0].dir_fd, "policy", &p->files[1].dir_fd, NULL);
	if (err < 0)
		return err;
	for (size_t i = 0; i < PENDING_FILES; i++) {
		err = read_old(&p->files[i]);
		if (err < 0)
			return err;
	}
	p->kind = PENDING_WRITE;
	p->temporary = true;
	for (size_t i = 0; i < PENDING_FILES; i++) {
		err = write_new(p, &p->files[i], texts[i]);
		if (err < 0)
			return err;
	}
	return 0;
}

static int check_access(const char *dir)
{
	return faccessat(AT_FDCWD, dir, W_OK, AT_EACCESS) < 0 ? -errno : 0;
}

/* Whether root can write to a directory of the store, or create it. */
static int check_writable(const char *dir)
{
	int err = check_access(dir);

	if (err == -ENOENT)
		err = check_access(SYSCONFDIR);
	/* Without root, a dry run tells what root would get. */
	return err == -EACCES && geteuid() != 0 ? 0 : err;
}

static int open_existing(int dir_fd, const char *path, int *ret_fd)
{
	int err = file_open_dir(dir_fd, path, ret_fd);

	return err == -ENOENT ? 0 : err;
}

int pending_compare(struct pending *p, const char *key, const char *driver, const char *policy_text)
{
	char line[SYSFS_NAME_MAX + 1];
	const char *const texts[PENDING_FILES] = { line, policy_text };
	int err = name_files(p, key);

	if (err < 0)
		return err;
	util_format(line, sizeof(line), "%s\n", driver);
	err = open_existing(AT_FDCWD, STORE_DIR, &p->files[0].dir_fd);
	if (err < 0)
		return err;
	err = open_existing(AT_FDCWD, STORE_DIR "/policy", &p->files[1].dir_fd);
	if (err < 0)
		return err;
	for (size_t i = 0; i < PENDING_FILES; i++) {
		err = read_old(&p->files[i]);
		if (err < 0)
			return err;
		compare(p, &p->files[i], texts[i]);
	}
	return p->changes ? check_writable(STORE_DIR) : 0;
}

static int look(const struct pending_file *file)
{
	struct stat st;

	if (file->dir_fd < 0)
		return -ENOENT;
	return fstatat(file->dir_fd, file->name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

int pending_prepare_removal(struct pending *p, const char *key)
{
	int err = name_files(p, key);

	if (err < 0)
		return err;
	err = file_open_dir(AT_FDCWD, STORE_DIR, &p->files[0].dir_fd);
	if (err < 0)
		return err;
	err = file_open_dir(p->files[0].dir_fd, "policy", &p->files[1].dir_fd);
	if (err < 0 && err != -ENOENT)
		return err;
	err = look(&p->files[0]);
	/* A removal that was killed may have left the policy alone. */
	if (err == -ENOENT)
		err = look(&p->files[1]);
	if (err < 0)
		return err;
	err = check_writable(STORE_DIR);
	if (err < 0)
		return err;
	p->kind = PENDING_REMOVAL;
	p->changes = true;
	/* A file that cannot be read can be removed all the same. */
	for (size_t i = 0; i < PENDING_FILES; i++)
		read_old(&p->files[i]);
	return 0;
}

/* --- prepare a rule --- */

static int name_rule(struct pending *p, const char *name)
{
	struct pending_file *file = &p->files[0];

	if (util_format(file->name_new, sizeof(file->name_new), "." RULES_FILE ".new", name) < 0)
		return -ENAMETOOLONG;
	util_format(file->name, sizeof(file->name), RULES_FILE, name);
	return 0;
}

/* A link is somebody's decision: that the rule of another directory is not to count. */
static int check_no_link(const struct pending_file *file)
{
	struct stat st;

	if (file->dir_fd < 0)
		return 0;
	if (fstatat(file->dir_fd, file->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	return S_ISLNK(st.st_mode) ? -EEXIST : 0;
}

static int read_old_rule(struct pending_file *file)
{
	int err = check_no_link(file);

	return err < 0 ? err : read_old(file);
}

int pending_compare_rule(struct pending *p, const char *name, const char *text)
{
	struct pending_file *file = &p->files[0];
	int err = name_rule(p, name);

	if (err < 0)
		return err;
	err = open_existing(AT_FDCWD, RULES_DIR, &file->dir_fd);
	if (err < 0)
		return err;
	err = read_old_rule(file);
	if (err < 0)
		return err;
	compare(p, file, text);
	if (!p->changes)
		return 0;
	return check_writable(file->dir_fd < 0 ? STORE_DIR : RULES_DIR);
}

int pending_prepare_rule(struct pending *p, const char *name, const char *text)
{
	CLEANUP_CLOSE int store_fd = -1;
	struct pending_file *file = &p->files[0];
	int err = name_rule(p, name);

	if (err < 0)
		return err;
	err = file_make_dir(AT_FDCWD, STORE_DIR, &store_fd, NULL);
	if (err < 0)
		return err;
	err = file_make_dir(store_fd, RULES_NAME, &file->dir_fd, &p->made_rules_dir);
	if (err < 0)
		return err;
	p->temporary = true;
	err = read_old_rule(file);
	if (err < 0)
		return err;
	p->kind = PENDING_WRITE;
	return write_new(p, file, text);
}

int pending_prepare_rule_removal(struct pending *p, const char *name)
{
	struct pending_file *file = &p->files[0];
	int err = name_rule(p, name);

	if (err < 0)
		return err;
	err = file_open_dir(AT_FDCWD, RULES_DIR, &file->dir_fd);
	if (err < 0)
		return err;
	err = look(file);
	if (err < 0)
		return err;
	err = check_writable(RULES_DIR);
	if (err < 0)
		return err;
	p->kind = PENDING_REMOVAL;
	p->changes = true;
	read_old(file);
	/* If it is put back, the directory exists: its descriptor is open. */
	p->made_rules_dir = true;
	return 0;
}

bool pending_changes(const struct pending *p)
{
	return p->changes;
}

/* --- commit --- */

static int rename_new(const struct pending_file *file)
{
	return renameat(file->dir_fd, file->name_new, file->dir_fd, file->name) < 0 ? -errno : 0;
}

static int commit_file(const struct pending_file *file, bool removal)
{
	int err;

	if (file->dir_fd < 0)
		return 0;
	if (removal)
		err = file_remove(file->dir_fd, file->name);
	else
		err = rename_new(file);
	if (err < 0)
		return err;
	return file_sync(file->dir_fd);
}

int pending_commit(struct pending *p)
{
	if (p->kind == PENDING_NOTHING)
		return 0;
	for (size_t i = 0; i < PENDING_FILES; i++) {
		int err = commit_file(&p->files[i], p->kind == PENDING_REMOVAL);

		if (err < 0)
			return err;
	}
	p->temporary = false;
	return 0;
}

/* --- back --- */

static bool is_as_before(const struct pending_file *file)
{
	CLEANUP_FREE char *now = NULL;
	int err = file_read_text(file->dir_fd, file->name, &now);

	if (file->old)
		return err == 0 && streq(now, file->old);
	return err == -ENOENT || err == -EBADMSG;
}

static int put_back(const struct pending_file *file)
{
	int err;

	if (file->dir_fd < 0)
		return 0;
	/* This is frequent: a store that cannot be written has not been changed either. */
	if (is_as_before(file))
		return 0;
	if (!file->old)
		return file_remove(file->dir_fd, file->name);
	err = file_write(file->dir_fd, file->name_new, file->old);
	if (err < 0)
		return err;
	return rename_new(file);
}

int pending_revert(struct pending *p)
{
	int first = 0;

	if (p->kind == PENDING_NOTHING)
		return 0;
	p->temporary = true;
	for (size_t i = PENDING_FILES; i-- > 0;) {
		int err = put_back(&p->files[i]);

		if (first == 0)
			first = err;
	}
	return first;
}

/* The directory of the policies stays, because another call may be about to write there. */
static void discard_files(const struct pending *p)
{
	for (size_t i = PENDING_FILES; i-- > 0;) {
		if (p->files[i].dir_fd >= 0)
			unlinkat(p->files[i].dir_fd, p->files[i].name_new, 0);
	}
}

/* While the directory exists, udev asks for every device. It is removed only if it is empty. */
static void discard_rules_dir(const struct pending *p)
{
	if (p->made_rules_dir)
		(void)rmdir(RULES_DIR);
}

void pending_discard(struct pending *p)
{
	if (p->temporary)
		discard_files(p);
	discard_rules_dir(p);
	for (size_t i = 0; i < PENDING_FILES; i++) {
		util_closep(&p->files[i].dir_fd);
		free(p->files[i].old);
	}
	*p = (struct pending)PENDING_NONE;
}

/* --- what a killed process left --- */

static void path_new(const struct pending *p, size_t i, char ret_path[PATH_MAX])
{
	static const char *const dirs[PENDING_FILES] = { STORE_DIR, STORE_POLICY_DIR };

	util_format(ret_path, PATH_MAX, "%s/%s", dirs[i], p->files[i].name_new);
}

int pending_tidy(const char *key)
{
	CLEANUP(pending_discard) struct pending p = PENDING_NONE;
	char file_new[PATH_MAX], policy_new[PATH_MAX];
	bool file_left, policy_left;
	int err = name_files(&p, key);

	if (err < 0)
		return err;
	path_new(&p, 0, file_new);
	path_new(&p, 1, policy_new);
	file_left = !file_absent(file_new);
	policy_left = !file_absent(policy_new);
	/* The change counts, but it is not completed. */
	if (policy_left && !file_left) {
		err = file_open_dir(AT_FDCWD, STORE_POLICY_DIR, &p.files[1].dir_fd);
		if (err < 0)
			return err;
		return commit_file(&p.files[1], false);
	}
	if (policy_left) {
		err = file_remove(AT_FDCWD, policy_new);
		if (err < 0)
			return err;
	}
	/* A file system that is read-only would refuse to remove even a file that does not exist.
	 */
	if (file_left)
		return file_remove(AT_FDCWD, file_new);
	return 0;
}

int pending_tidy_rule(const char *name)
{
	CLEANUP(pending_discard) struct pending p = PENDING_NONE;
	char file_new[PATH_MAX];
	int err = name_rule(&p, name);

	if (err < 0)
		return err;
	util_format(file_new, sizeof(file_new), RULES_DIR "/%s", p.files[0].name_new);
	if (file_absent(file_new))
		return 0;
	return file_remove(AT_FDCWD, file_new);
}

int pending_read_policy(const char *key, char **ret_text)
{
	CLEANUP(pending_discard) struct pending p = PENDING_NONE;
	char file_new[PATH_MAX], policy_new[PATH_MAX];

	/* Nothing can be prepared for a key that is too long. */
	if (name_files(&p, key) < 0)
		return -ENOENT;
	path_new(&p, 0, file_new);
	path_new(&p, 1, policy_new);
	if (!file_absent(file_new))
		return -ENOENT;
	return file_read_text(AT_FDCWD, policy_new, ret_text);
}
