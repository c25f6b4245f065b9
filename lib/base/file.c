/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns how a small file is read and written durably; knows no file by name. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define TEXT_SIZE_MAX 65536

bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

bool file_absent(const char *path)
{
	return access(path, F_OK) < 0 && errno == ENOENT;
}

int file_open_dir(int dir_fd, const char *path, int *ret_fd)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

int file_make_dir(int dir_fd, const char *path, int *ret_fd, bool *ret_made)
{
	CLEANUP_CLOSE int parent_fd = -1;
	bool made = mkdirat(dir_fd, path, 0755) == 0;
	int err;

	if (!made && errno != EEXIST)
		return -errno;
	err = file_open_dir(dir_fd, path, ret_fd);
	if (err < 0)
		return err;
	if (ret_made)
		*ret_made = made;
	if (made && file_open_dir(*ret_fd, "..", &parent_fd) == 0)
		fsync(parent_fd);
	return 0;
}

ssize_t file_read(int dir_fd, const char *name, char *buf, size_t size)
{
	CLEANUP_CLOSE int fd = openat(dir_fd, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EBADMSG;
	n = read(fd, buf, size);
	if (n < 0)
		return -errno;
	if ((size_t)n == size)
		return -EBADMSG;
	buf[n] = '\0';
	if (strlen(buf) != (size_t)n)
		return -EBADMSG;
	return n;
}

int file_read_text(int dir_fd, const char *name, char **ret_text)
{
	CLEANUP_FREE char *text = malloc(TEXT_SIZE_MAX);
	ssize_t n;

	if (!text)
		return -ENOMEM;
	n = file_read(dir_fd, name, text, TEXT_SIZE_MAX);
	if (n < 0)
		return (int)n;
	*ret_text = STEAL(text);
	return 0;
}

static int write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = write(fd, text, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		left -= (size_t)n;
	}
	return 0;
}

int file_write(int dir_fd, const char *name, const char *text)
{
	CLEANUP_CLOSE int fd = -1;
	int err;

	/* A process that was killed may have left it. */
	unlinkat(dir_fd, name, 0);
	fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	err = write_all(fd, text);
	if (err < 0)
		return err;
	return file_sync(fd);
}

int file_remove(int dir_fd, const char *name)
{
	if (unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

int file_sync(int fd)
{
	return fsync(fd) < 0 ? -errno : 0;
}
