/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/pending.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

static int begin(struct store_pending *p, const char *bus, const char *name)
{
	if (util_format(p->file, sizeof(p->file), "%s-%s", bus, name) < 0 ||
		util_format(p->file_new, sizeof(p->file_new), ".%s.new", p->file) < 0 ||
		util_format(p->policy, sizeof(p->policy), "%s.ini", p->file) < 0 ||
		util_format(p->policy_new, sizeof(p->policy_new), ".%s.new", p->policy) < 0)
		return -ENAMETOOLONG;
	return 0;
}

/* What to go back to. A file that is none of ours is lost by the commit. */
static int read_old(struct store_pending *p)
{
	int err = file_read_text(p->dir_fd, p->file, &p->old_file);

	if ((err == 0 || err == -ENOENT || err == -EBADMSG) && p->policy_fd >= 0)
		err = file_read_text(p->policy_fd, p->policy, &p->old_policy);
	return err < 0 && err != -ENOENT && err != -EBADMSG ? err : 0;
}

int store_prepare(struct store_pending *p, const char *bus, const char *name, const char *driver,
	const char *policy_text)
{
	char line[SYSFS_NAME_MAX + 1];
	int err = begin(p, bus, name);

	if (err < 0)
		return err;
	p->dir_fd = file_make_dir(AT_FDCWD, STORE_DIR, 0755, NULL);
	if (p->dir_fd < 0)
		return p->dir_fd;
	p->policy_fd = file_make_dir(p->dir_fd, "policy", 0755, &p->made_policy_dir);
	if (p->policy_fd < 0)
		return p->policy_fd;
	err = read_old(p);
	if (err < 0)
		return err;
	p->kind = STORE_WRITE;
	util_format(line, sizeof(line), "%s\n", driver);
	p->changes = !p->old_file || !streq(p->old_file, line) || !p->old_policy ||
		     !streq(p->old_policy, policy_text);
	err = file_write(p->dir_fd, p->file_new, line);
	if (err == 0)
		err = file_write(p->policy_fd, p->policy_new, policy_text);
	return err;
}

int store_prepare_removal(struct store_pending *p, const char *bus, const char *name)
{
	struct stat st;
	int err = begin(p, bus, name);

	if (err < 0)
		return err;
	p->dir_fd = file_open_dir(AT_FDCWD, STORE_DIR);
	if (p->dir_fd < 0)
		return p->dir_fd;
	p->policy_fd = file_open_dir(p->dir_fd, "policy");
	if (p->policy_fd < 0 && p->policy_fd != -ENOENT)
		return p->policy_fd;
	/* A policy alone is what a killed removal left. */
	if (fstatat(p->dir_fd, p->file, &st, AT_SYMLINK_NOFOLLOW) < 0 &&
		(errno != ENOENT || p->policy_fd < 0 ||
			fstatat(p->policy_fd, p->policy, &st, AT_SYMLINK_NOFOLLOW) < 0))
		return -errno;
	if (faccessat(AT_FDCWD, STORE_DIR, W_OK, AT_EACCESS) < 0)
		return -errno;
	p->kind = STORE_REMOVE;
	p->changes = true;
	/* For a commit that fails half-way; one that cannot be read is no reason to keep it. */
	read_old(p);
	return 0;
}

static int sync_dir(int fd)
{
	return fsync(fd) < 0 ? -errno : 0;
}

static int rename_new(int dir_fd, const char *from, const char *to)
{
	/* Where the folder cannot be synced, the name may be the new one all the same. */
	return renameat(dir_fd, from, dir_fd, to) < 0 ? -errno : sync_dir(dir_fd);
}

int store_tidy(const char *bus, const char *name)
{
	CLEANUP(store_discard) struct store_pending p = STORE_PENDING_NONE;
	char file_new[PATH_MAX], policy_new[PATH_MAX];
	int err = begin(&p, bus, name);

	if (err < 0)
		return err;
	util_format(file_new, sizeof(file_new), STORE_DIR "/%s", p.file_new);
	util_format(policy_new, sizeof(policy_new), STORE_DIR "/policy/%s", p.policy_new);
	if (sysfs_absent(policy_new))
		return sysfs_absent(file_new) || unlink(file_new) == 0 ? 0 : -errno;
	p.policy_fd = file_open_dir(AT_FDCWD, STORE_DIR "/policy");
	if (p.policy_fd < 0)
		return p.policy_fd;
	if (sysfs_absent(file_new))
		return rename_new(p.policy_fd, p.policy_new, p.policy);
	/* The order is that of store_discard(). */
	return unlinkat(p.policy_fd, p.policy_new, 0) == 0 && unlink(file_new) == 0 ? 0 : -errno;
}

/* Return: whether the file is as it was; mostly it still is where the folder cannot be written. */
static bool put_back(int dir_fd, const char *name, const char *name_new, const char *old)
{
	CLEANUP_FREE char *now = NULL;
	int err = file_read_text(dir_fd, name, &now);

	if (old ? now && streq(now, old) : err == -ENOENT)
		return true;
	if (!old)
		return unlinkat(dir_fd, name, 0) == 0;
	return file_write(dir_fd, name_new, old) == 0 &&
	       renameat(dir_fd, name_new, dir_fd, name) == 0;
}

static bool put_file_back(const struct store_pending *p)
{
	return put_back(p->dir_fd, p->file, p->file_new, p->old_file);
}

static bool put_policy_back(const struct store_pending *p)
{
	return put_back(p->policy_fd, p->policy, p->policy_new, p->old_policy);
}

static void go_back(struct store_pending *p)
{
	p->broken = p->policy_fd >= 0 && !put_policy_back(p);
	if (!put_file_back(p))
		p->broken = true;
}

static int commit_write(struct store_pending *p)
{
	int err = rename_new(p->dir_fd, p->file_new, p->file);

	if (err == 0)
		err = rename_new(p->policy_fd, p->policy_new, p->policy);
	if (err < 0)
		go_back(p);
	return err;
}

static int remove_name(int dir_fd, const char *name)
{
	return unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT ? 0 : -errno;
}

/* The store's file first: a policy alone stands for nothing. */
static int commit_removal(struct store_pending *p)
{
	int err = remove_name(p->dir_fd, p->file);

	if (err < 0)
		return err;
	err = sync_dir(p->dir_fd);
	if (err == 0 && p->policy_fd >= 0)
		err = remove_name(p->policy_fd, p->policy);
	if (err == 0 && p->policy_fd >= 0)
		err = sync_dir(p->policy_fd);
	if (err < 0)
		go_back(p);
	return err;
}

int store_commit(struct store_pending *p)
{
	int err = p->kind == STORE_WRITE    ? commit_write(p)
		  : p->kind == STORE_REMOVE ? commit_removal(p)
					    : 0;

	p->committed = err == 0 && p->kind != STORE_NOTHING;
	return err;
}

void store_revert(struct store_pending *p)
{
	if (!p->committed)
		return;
	go_back(p);
	p->committed = false;
}

void store_discard(struct store_pending *p)
{
	if (p->kind == STORE_WRITE && !p->committed) {
		unlinkat(p->policy_fd, p->policy_new, 0);
		unlinkat(p->dir_fd, p->file_new, 0);
		if (p->made_policy_dir)
			unlinkat(p->dir_fd, "policy", AT_REMOVEDIR);
	}
	util_closep(&p->dir_fd);
	util_closep(&p->policy_fd);
	free(p->old_file);
	free(p->old_policy);
	*p = (struct store_pending)STORE_PENDING_NONE;
}
