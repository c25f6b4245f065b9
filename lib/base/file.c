/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define TEXT_SIZE_MAX 65536

/* Reads a small regular file: at most @size - 1 bytes, more are -EBADMSG. Links are followed: where
 * /etc is made by a configuration manager, its files may be links, and the folder is root's. */
ssize_t file_read(int dir_fd, const char *name, char *buf, size_t size)
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

int file_open_dir(int dir_fd, const char *path)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Opens a folder, made where it is missing: durably, so that what is put into it is found again. */
int file_make_dir(int dir_fd, const char *path, mode_t mode, bool *ret_made)
{
	bool made = mkdirat(dir_fd, path, mode) == 0;
	int fd;

	if (!made && errno != EEXIST)
		return -errno;
	fd = file_open_dir(dir_fd, path);
	if (made && fd >= 0) {
		CLEANUP_CLOSE int parent_fd = file_open_dir(fd, "..");

		if (parent_fd >= 0)
			fsync(parent_fd);
	}
	if (ret_made)
		*ret_made = made;
	return fd;
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

int file_write(int dir_fd, const char *name, const char *text)
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
