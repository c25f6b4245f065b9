/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Durable changes of small files. savefile.h explains the order, on which everything here depends.
 */
#include "store/savefile.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static void path_of(const struct savefile_file *file, char ret[PATH_MAX])
{
	util_format(ret, PATH_MAX, "%s/%s", file->dir, file->name);
}

static void path_new_of(const struct savefile_file *file, char ret[PATH_MAX])
{
	util_format(ret, PATH_MAX, "%s/.%s.new", file->dir, file->name);
}

int savefile_add(struct savefile *s, const char *dir, const char *name)
{
	struct savefile_file *file = &s->files[s->n];

	if (strlen(name) + strlen("..new") > NAME_MAX)
		return -ENAMETOOLONG;
	file->dir = dir;
	util_format(file->name, sizeof(file->name), "%s", name);
	s->n++;
	return 0;
}

/* --- prepare --- */

static int read_old(struct savefile_file *file)
{
	char path[PATH_MAX];
	int err;

	path_of(file, path);
	err = file_read_text(AT_FDCWD, path, &file->old);
	/* A file that is no text cannot be put back: the commit loses it. */
	return err == -ENOENT || err == -EBADMSG ? 0 : err;
}

/* Whether root can write to a directory, or create it. */
static int check_writable(const char *dir)
{
	char path[PATH_MAX];

	util_format(path, sizeof(path), "%s", dir);
	for (;;) {
		char *slash = strrchr(path, '/');

		if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0)
			return 0;
		if (errno != ENOENT || !slash)
			break;
		*slash = '\0';
	}
	/* Without root, a dry run tells what root would get. */
	return errno == EACCES && geteuid() != 0 ? 0 : -errno;
}

/* The directory, and its parent. */
static int make_dir(const char *dir)
{
	CLEANUP_CLOSE int parent_fd = -1, fd = -1;
	const char *slash = strrchr(dir, '/');
	char parent[PATH_MAX];
	int err;

	util_format(parent, sizeof(parent), "%.*s", (int)(slash - dir), dir);
	err = file_make_dir(AT_FDCWD, parent, &parent_fd, NULL);
	return err < 0 ? err : file_make_dir(parent_fd, slash + 1, &fd, NULL);
}

static int write_new(const struct savefile_file *file, const char *text)
{
	char path_new[PATH_MAX];
	int err;

	path_new_of(file, path_new);
	err = file_write(AT_FDCWD, path_new, text);
	if (err != -ENOENT)
		return err;
	err = make_dir(file->dir);
	return err < 0 ? err : file_write(AT_FDCWD, path_new, text);
}

int savefile_prepare(struct savefile *s, const char *const texts[], bool dry_run)
{
	for (size_t i = 0; i < s->n; i++) {
		int err = read_old(&s->files[i]);

		if (err < 0)
			return err;
		if (!s->files[i].old || !streq(s->files[i].old, texts[i]))
			s->changes = true;
	}
	if (dry_run)
		return s->changes ? check_writable(s->files[0].dir) : 0;
	s->kind = SAVEFILE_WRITE;
	s->temporary = true;
	for (size_t i = 0; i < s->n; i++) {
		int err = write_new(&s->files[i], texts[i]);

		if (err < 0)
			return err;
	}
	return 0;
}

int savefile_prepare_removal(struct savefile *s, bool dry_run)
{
	int err = -ENOENT;

	/* A removal that was killed may have left the second file alone. */
	for (size_t i = 0; i < s->n && err == -ENOENT; i++) {
		char path[PATH_MAX];
		struct stat st;

		path_of(&s->files[i], path);
		err = lstat(path, &st) < 0 ? -errno : 0;
	}
	if (err < 0)
		return err;
	err = check_writable(s->files[0].dir);
	if (err < 0)
		return err;
	s->changes = true;
	if (dry_run)
		return 0;
	s->kind = SAVEFILE_REMOVE;
	/* A file that cannot be read can be removed all the same. */
	for (size_t i = 0; i < s->n; i++)
		(void)read_old(&s->files[i]);
	return 0;
}

/* --- commit --- */

static int sync_dir(const char *dir)
{
	CLEANUP_CLOSE int fd = -1;
	int err = file_open_dir(AT_FDCWD, dir, &fd);

	return err < 0 ? err : file_sync(fd);
}

static int rename_new(const struct savefile_file *file)
{
	char path[PATH_MAX], path_new[PATH_MAX];

	path_of(file, path);
	path_new_of(file, path_new);
	return rename(path_new, path) < 0 ? -errno : 0;
}

static int remove_file(const struct savefile_file *file)
{
	char path[PATH_MAX];

	path_of(file, path);
	return file_remove(AT_FDCWD, path);
}

static int commit_file(const struct savefile_file *file, bool removal)
{
	int err = removal ? remove_file(file) : rename_new(file);

	if (err == 0)
		err = sync_dir(file->dir);
	/* A file to be removed may not exist, nor its directory. */
	return err == -ENOENT && removal ? 0 : err;
}

int savefile_commit(struct savefile *s)
{
	if (s->kind == SAVEFILE_NOTHING)
		return 0;
	for (size_t i = 0; i < s->n; i++) {
		int err = commit_file(&s->files[i], s->kind == SAVEFILE_REMOVE);

		if (err < 0)
			return err;
	}
	s->temporary = false;
	return 0;
}

/* --- back --- */

static int put_back(const struct savefile_file *file)
{
	CLEANUP_FREE char *now = NULL;
	char path[PATH_MAX];
	int err;

	path_of(file, path);
	err = file_read_text(AT_FDCWD, path, &now);
	/* This is frequent: files that cannot be written have not been changed either. */
	if (file->old ? err == 0 && streq(now, file->old) : err == -ENOENT || err == -EBADMSG)
		return 0;
	if (!file->old)
		return remove_file(file);
	err = write_new(file, file->old);
	return err < 0 ? err : rename_new(file);
}

int savefile_revert(struct savefile *s)
{
	int first = 0;

	if (s->kind == SAVEFILE_NOTHING)
		return 0;
	s->temporary = true;
	for (size_t i = s->n; i-- > 0;) {
		int err = put_back(&s->files[i]);

		if (first == 0)
			first = err;
	}
	return first;
}

void savefile_discard(struct savefile *s)
{
	for (size_t i = s->n; i-- > 0;) {
		char path_new[PATH_MAX];

		path_new_of(&s->files[i], path_new);
		if (s->temporary)
			(void)unlink(path_new);
		free(s->files[i].old);
	}
	if (s->kind != SAVEFILE_NOTHING && s->remove_dir)
		(void)rmdir(s->remove_dir);
	*s = (struct savefile){ 0 };
}

/* --- what a killed process has left --- */

/* A file that does not exist is not removed: a read-only file system would refuse even that. */
static int remove_new(const struct savefile_file *file)
{
	char path_new[PATH_MAX];

	path_new_of(file, path_new);
	return file_absent(path_new) ? 0 : file_remove(AT_FDCWD, path_new);
}

/* Whether the first file has been renamed, and the other has not. */
static bool is_half_way(const struct savefile *s, size_t i)
{
	char first_new[PATH_MAX], path_new[PATH_MAX];

	if (i == 0)
		return false;
	path_new_of(&s->files[0], first_new);
	path_new_of(&s->files[i], path_new);
	return !file_absent(path_new) && file_absent(first_new);
}

int savefile_tidy(const struct savefile *s)
{
	for (size_t i = s->n; i-- > 0;) {
		const struct savefile_file *file = &s->files[i];
		int err = is_half_way(s, i) ? commit_file(file, false) : remove_new(file);

		if (err < 0)
			return err;
	}
	return 0;
}

int savefile_read(const struct savefile *s, size_t i, char **ret_text)
{
	char path[PATH_MAX];

	if (is_half_way(s, i))
		path_new_of(&s->files[i], path);
	else
		path_of(&s->files[i], path);
	return file_read_text(AT_FDCWD, path, ret_text);
}
