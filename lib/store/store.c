/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of saved overrides and the locks. Owns their names, their atomicity and durability; knows
 * no driver and no device.
 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#define POLICY_SIZE_MAX 65536
#define LOCK_POLL_MS 20
#define LOCK_MARK "bound\n"
#define EARLY_FILE "early"

/* Reads a small regular file: at most @size - 1 bytes, more are -EBADMSG. Links are followed: where
 * /etc is made by a configuration manager, its files may be links, and the folder is root's. */
static ssize_t read_small(int dir_fd, const char *name, char *buf, size_t size)
{
	CLEANUP_CLOSE int fd = openat(dir_fd, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EBADMSG;
	n = read(fd, buf, size);
	if (n < 0)
		return -errno;
	if ((size_t)n == size)
		return -EBADMSG;
	buf[n] = '\0';
	return strlen(buf) == (size_t)n ? n : -EBADMSG;
}

static int open_dir(int dir_fd, const char *path)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Opens a folder, made where it is missing: durably, so that what is put into it is found again. */
static int make_dir(int dir_fd, const char *path, mode_t mode, bool *ret_made)
{
	bool made = mkdirat(dir_fd, path, mode) == 0;
	int fd;

	if (!made && errno != EEXIST)
		return -errno;
	fd = open_dir(dir_fd, path);
	if (made && fd >= 0) {
		CLEANUP_CLOSE int parent_fd = open_dir(fd, "..");

		if (parent_fd >= 0)
			fsync(parent_fd);
	}
	if (ret_made)
		*ret_made = made;
	return fd;
}

int store_read(const char *bus, const char *name, char ret_driver[SYSFS_NAME_MAX])
{
	char path[PATH_MAX], text[SYSFS_NAME_MAX + 16];
	ssize_t n;

	util_format(path, sizeof(path), STORE_DIR "/%s-%s", bus, name);
	n = read_small(AT_FDCWD, path, text, sizeof(text));
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

static int read_text_at(int dir_fd, const char *name, char **ret_text)
{
	CLEANUP_FREE char *text = malloc(POLICY_SIZE_MAX);
	ssize_t n;

	if (!text)
		return -ENOMEM;
	n = read_small(dir_fd, name, text, POLICY_SIZE_MAX);
	if (n < 0)
		return (int)n;
	*ret_text = STEAL(text);
	return 0;
}

int store_read_policy(const char *bus, const char *name, char **ret_text)
{
	char path[PATH_MAX], file_new[PATH_MAX], policy_new[PATH_MAX];

	util_format(path, sizeof(path), STORE_DIR "/policy/%s-%s.ini", bus, name);
	util_format(file_new, sizeof(file_new), STORE_DIR "/.%s-%s.new", bus, name);
	util_format(policy_new, sizeof(policy_new), STORE_DIR "/policy/.%s-%s.ini.new", bus, name);
	/* Of a commit that has come half-way: see store.h. */
	if (sysfs_absent(file_new)) {
		int err = read_text_at(AT_FDCWD, policy_new, ret_text);

		if (err != -ENOENT)
			return err;
	}
	return read_text_at(AT_FDCWD, path, ret_text);
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

/* --- changes --- */

static int begin(struct store_pending *p, const char *bus, const char *name)
{
	if (util_format(p->file, sizeof(p->file), "%s-%s", bus, name) < 0 ||
		util_format(p->file_new, sizeof(p->file_new), ".%s.new", p->file) < 0 ||
		util_format(p->policy, sizeof(p->policy), "%s.ini", p->file) < 0 ||
		util_format(p->policy_new, sizeof(p->policy_new), ".%s.new", p->policy) < 0)
		return -ENAMETOOLONG;
	return 0;
}

static int write_durably(int dir_fd, const char *name, const char *text)
{
	CLEANUP_CLOSE int fd = -1;

	/* What a killed call left, or anything else of that name. */
	unlinkat(dir_fd, name, 0);
	fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	for (size_t at = 0, size = strlen(text); at < size;) {
		ssize_t n = write(fd, text + at, size - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

/* What to go back to. A file that is none of ours is lost by the commit. */
static int read_old(struct store_pending *p)
{
	int err = read_text_at(p->dir_fd, p->file, &p->old_file);

	if ((err == 0 || err == -ENOENT || err == -EBADMSG) && p->policy_fd >= 0)
		err = read_text_at(p->policy_fd, p->policy, &p->old_policy);
	return err < 0 && err != -ENOENT && err != -EBADMSG ? err : 0;
}

int store_prepare(struct store_pending *p, const char *bus, const char *name, const char *driver,
	const char *policy_text)
{
	char line[SYSFS_NAME_MAX + 1];
	int err = begin(p, bus, name);

	if (err < 0)
		return err;
	p->dir_fd = make_dir(AT_FDCWD, STORE_DIR, 0755, NULL);
	if (p->dir_fd < 0)
		return p->dir_fd;
	p->policy_fd = make_dir(p->dir_fd, "policy", 0755, &p->made_policy_dir);
	if (p->policy_fd < 0)
		return p->policy_fd;
	err = read_old(p);
	if (err < 0)
		return err;
	p->kind = STORE_WRITE;
	util_format(line, sizeof(line), "%s\n", driver);
	p->changes = !p->old_file || !streq(p->old_file, line) || !p->old_policy ||
		     !streq(p->old_policy, policy_text);
	err = write_durably(p->dir_fd, p->file_new, line);
	if (err == 0)
		err = write_durably(p->policy_fd, p->policy_new, policy_text);
	return err;
}

int store_prepare_removal(struct store_pending *p, const char *bus, const char *name)
{
	struct stat st;
	int err = begin(p, bus, name);

	if (err < 0)
		return err;
	p->dir_fd = open_dir(AT_FDCWD, STORE_DIR);
	if (p->dir_fd < 0)
		return p->dir_fd;
	p->policy_fd = open_dir(p->dir_fd, "policy");
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
	p.policy_fd = open_dir(AT_FDCWD, STORE_DIR "/policy");
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
	int err = read_text_at(dir_fd, name, &now);

	if (old ? now && streq(now, old) : err == -ENOENT)
		return true;
	if (!old)
		return unlinkat(dir_fd, name, 0) == 0;
	return write_durably(dir_fd, name_new, old) == 0 &&
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

static bool is_store(int dir_fd)
{
	struct stat a, b;

	return fstat(dir_fd, &a) == 0 && stat(STORE_DIR, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

int store_copy(const char *bus, const char *name, const char *root)
{
	CLEANUP_CLOSE int root_fd = open_dir(AT_FDCWD, root), etc_fd = -1, dir_fd = -1;
	CLEANUP_CLOSE int policy_fd = -1;
	CLEANUP_FREE char *file = NULL, *policy = NULL;
	char path[PATH_MAX];
	int err;

	if (root_fd < 0)
		return root_fd;
	util_format(path, sizeof(path), STORE_DIR "/%s-%s", bus, name);
	err = read_text_at(AT_FDCWD, path, &file);
	if (err < 0)
		return err;
	err = store_read_policy(bus, name, &policy);
	if (err < 0 && err != -ENOENT)
		return err == -EBADMSG ? -EFBIG : err;
	etc_fd = make_dir(root_fd, "etc", 0755, NULL);
	dir_fd = etc_fd < 0 ? etc_fd : make_dir(etc_fd, "driverctl.d", 0755, NULL);
	policy_fd = dir_fd < 0 ? dir_fd : make_dir(dir_fd, "policy", 0755, NULL);
	if (policy_fd < 0)
		return policy_fd;
	if (is_store(dir_fd))
		return -EEXIST;
	if (policy) {
		util_format(path, sizeof(path), "%s-%s.ini", bus, name);
		err = write_durably(policy_fd, path, policy);
		if (err < 0)
			return err;
	}
	util_format(path, sizeof(path), "%s-%s", bus, name);
	return write_durably(dir_fd, path, file);
}

/* --- the record of the early step --- */

/* Where the device of a line ends: at a tab, which no name contains, or else at the first space. */
static char *end_of_device(char *line)
{
	char *tab = strchr(line, '\t');

	return tab ? tab : strchr(line, ' ');
}

int store_early_note(const char *bus, const char *name, const char *driver)
{
	CLEANUP_CLOSE int dir_fd = make_dir(AT_FDCWD, STORE_LOCK_DIR, 0755, NULL);
	CLEANUP_CLOSE int fd = -1;
	char line[PATH_MAX], last;
	bool broken;
	size_t size;
	ssize_t n;

	if (dir_fd < 0)
		return dir_fd;
	fd = openat(dir_fd, EARLY_FILE,
		O_RDWR | O_APPEND | (*driver ? O_CREAT : 0) | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	/* What a full /run has cut off must not swallow the next line. */
	broken = lseek(fd, -1, SEEK_END) >= 0 && read(fd, &last, 1) == 1 && last != '\n';
	util_format(line, sizeof(line), "%s%s-%s%c%s\n", broken ? "\n" : "", bus, name,
		strchr(bus, ' ') || strchr(name, ' ') ? '\t' : ' ', driver);
	size = strlen(line);
	n = write(fd, line, size);
	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -ENOSPC;
}

/* The line that is about the same device as @line, which has a tab, or NULL. */
static char **find_line(char **lines, const char *line)
{
	size_t n = strcspn(line, "\t") + 1;

	for (; lines && *lines; lines++)
		if (strncmp(*lines, line, n) == 0)
			return lines;
	return NULL;
}

int store_early_list(char ***ret_lines)
{
	CLEANUP_STRV char **lines = NULL;
	CLEANUP_FREE char *line = NULL;
	FILE *f = fopen(STORE_LOCK_DIR "/" EARLY_FILE, "re");
	size_t n = 0, size = 0;
	int err = 0;

	*ret_lines = NULL;
	if (!f)
		return errno == ENOENT ? 0 : -errno;
	while (err == 0 && getline(&line, &size, f) > 0) {
		char *end = end_of_device(line), **old;

		if (!end)
			continue;
		*end = '\t';
		old = find_line(lines, line);
		line[strcspn(line, "\n")] = '\0';
		if (old) {
			free(*old);
			memmove(old, old + 1, (size_t)(lines + n - old) * sizeof(*old));
			n--;
		}
		if (end[1])
			err = util_strv_add(&lines, &n, line);
	}
	if (err == 0 && ferror(f))
		err = errno ? -errno : -EIO;
	fclose(f);
	if (err == 0)
		*ret_lines = STEAL(lines);
	return err;
}

/* --- the lock --- */

static pid_t lock_holder(int fd)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return (pid_t)strtol(text, NULL, 10);
}

int store_lock(const char *bus, const char *name, int64_t deadline_ms,
	void (*holder)(pid_t pid, void *userdata), void *userdata)
{
	CLEANUP_CLOSE int dir_fd = make_dir(AT_FDCWD, STORE_LOCK_DIR, 0755, NULL);
	CLEANUP_CLOSE int fd = -1;
	char file[SYSFS_NAME_MAX];
	pid_t told = 0;

	if (dir_fd < 0)
		return dir_fd;
	if (util_format(file, sizeof(file), "%s-%s.lock", bus, name) < 0)
		return -ENAMETOOLONG;
	fd = openat(dir_fd, file, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		pid_t pid;

		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		pid = lock_holder(fd);
		if (pid != told && holder)
			holder(pid, userdata);
		told = pid;
		if (util_now_ms() >= deadline_ms)
			return -ETIMEDOUT;
		util_nap(LOCK_POLL_MS);
	}
	if (ftruncate(fd, 0) < 0 || dprintf(fd, "%ld\n", (long)getpid()) < 0)
		return -errno;
	return util_steal_fd(&fd);
}

void store_lock_mark(int fd)
{
	if (fd >= 0 && dprintf(fd, LOCK_MARK) < 0)
		return; /* Where /run is full the kernel may keep what it takes. */
}

int64_t store_lock_marked_ms(const char *bus, const char *name)
{
	char path[PATH_MAX], text[64];
	struct timespec now;
	struct stat st;

	if (util_format(path, sizeof(path), STORE_LOCK_DIR "/%s-%s.lock", bus, name) < 0 ||
		stat(path, &st) < 0 || read_small(AT_FDCWD, path, text, sizeof(text)) < 0 ||
		!strstr(text, LOCK_MARK))
		return INT64_MAX;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)(now.tv_sec - st.st_mtim.tv_sec) * 1000 +
	       (now.tv_nsec - st.st_mtim.tv_nsec) / 1000000;
}
