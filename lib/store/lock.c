/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/lock.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#define LOCK_POLL_MS 20
#define LOCK_MARK "bound\n"

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
	CLEANUP_CLOSE int dir_fd = file_make_dir(AT_FDCWD, STORE_LOCK_DIR, 0755, NULL);
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
		stat(path, &st) < 0 || file_read(AT_FDCWD, path, text, sizeof(text)) < 0 ||
		!strstr(text, LOCK_MARK))
		return INT64_MAX;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)(now.tv_sec - st.st_mtim.tv_sec) * 1000 +
	       (now.tv_nsec - st.st_mtim.tv_nsec) / 1000000;
}
