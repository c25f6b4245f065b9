/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the lock files and their content; knows neither devices nor the store. */
#include "store/lock.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>

#define POLL_MS 20

static int open_lock(const char *key, int *ret_fd)
{
	CLEANUP_CLOSE int dir_fd = -1;
	char file[NAME_MAX + 1];
	int fd, err = file_make_dir(AT_FDCWD, LOCK_DIR, &dir_fd, NULL);

	if (err < 0)
		return err;
	err = util_format(file, sizeof(file), "%s.lock", key);
	if (err < 0)
		return err;
	fd = openat(dir_fd, file, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static pid_t read_holder(int fd)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return (pid_t)strtol(text, NULL, 10);
}

int lock_take(const char *key, int64_t deadline_ms, void (*holder)(pid_t pid, void *userdata),
	void *userdata, int *ret_fd)
{
	CLEANUP_CLOSE int fd = -1;
	int err = open_lock(key, &fd);
	pid_t told = 0;

	if (err < 0)
		return err;
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		pid_t pid;

		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		pid = read_holder(fd);
		if (pid != told && holder)
			holder(pid, userdata);
		told = pid;
		if (util_now_ms() >= deadline_ms)
			return -ETIMEDOUT;
		util_nap(POLL_MS);
	}
	if (ftruncate(fd, 0) < 0)
		return -errno;
	if (dprintf(fd, "%ld\n", (long)getpid()) < 0)
		return -errno;
	*ret_fd = util_steal_fd(&fd);
	return 0;
}
