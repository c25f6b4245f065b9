/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/early.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#define EARLY_FILE "early"

/* Where the device of a line ends: at a tab, which no name contains, or else at the first space. */
static char *end_of_device(char *line)
{
	char *tab = strchr(line, '\t');

	return tab ? tab : strchr(line, ' ');
}

int store_early_note(const char *bus, const char *name, const char *driver)
{
	CLEANUP_CLOSE int dir_fd = file_make_dir(AT_FDCWD, STORE_LOCK_DIR, 0755, NULL);
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
