/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the records. Reads and writes nothing else; judges no override. */
#include "store/record.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

static const char *const paths[] = {
	[RECORD_EARLY] = RECORD_DIR "/early",
	[RECORD_RULED] = RECORD_DIR "/ruled",
};

const char *record_path(enum record record)
{
	return paths[record];
}

/* --- write --- */

/* Whether a full /run has cut off the last line: it must not swallow the next one. */
static bool is_cut_off(int fd)
{
	char last;

	if (lseek(fd, -1, SEEK_END) < 0)
		return false;
	return read(fd, &last, 1) == 1 && last != '\n';
}

int record_note(enum record record, const char *key, const char *driver)
{
	CLEANUP_CLOSE int dir_fd = -1, fd = -1;
	int err = file_make_dir(AT_FDCWD, RECORD_DIR, &dir_fd, NULL);
	int flags = O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC;
	char separator = strchr(key, ' ') ? '\t' : ' ';
	char line[PATH_MAX];
	ssize_t n;

	if (err < 0)
		return err;
	if (*driver)
		flags |= O_CREAT;
	fd = openat(dir_fd, strrchr(paths[record], '/') + 1, flags, 0644);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	util_format(line, sizeof(line), "%s%s%c%s\n", is_cut_off(fd) ? "\n" : "", key, separator,
		driver);
	n = write(fd, line, strlen(line));
	if (n < 0)
		return -errno;
	return (size_t)n == strlen(line) ? 0 : -ENOSPC;
}

/* --- read --- */

/* Return: the end of a line's key: a tab, which no key contains, or else the first space. */
static char *end_of_key(char *line)
{
	char *tab = strchr(line, '\t');

	return tab ? tab : strchr(line, ' ');
}

/* Removes the older line about the key of @line, which has a tab. */
static void remove_older(char **lines, size_t *n, const char *line)
{
	size_t size = strcspn(line, "\t") + 1;

	for (size_t i = 0; i < *n; i++) {
		if (strncmp(lines[i], line, size) != 0)
			continue;
		free(lines[i]);
		/* With the NULL at the end. */
		memmove(&lines[i], &lines[i + 1], (*n - i) * sizeof(*lines));
		--*n;
		return;
	}
}

static int add_line(char ***lines, size_t *n, char *line)
{
	char *end = end_of_key(line);

	if (!end)
		return 0;
	*end = '\t';
	line[strcspn(line, "\n")] = '\0';
	remove_older(*lines, n, line);
	return end[1] ? util_strv_add(lines, n, line) : 0;
}

static int read_lines(FILE *f, char ***lines)
{
	CLEANUP_FREE char *line = NULL;
	size_t n = 0, size = 0;

	while (getline(&line, &size, f) > 0) {
		int err = add_line(lines, &n, line);

		if (err < 0)
			return err;
	}
	if (!ferror(f))
		return 0;
	return errno ? -errno : -EIO;
}

int record_list(enum record record, char ***ret_lines)
{
	CLEANUP_STRV char **lines = NULL;
	FILE *f = fopen(paths[record], "re");
	int err;

	*ret_lines = NULL;
	if (!f)
		return errno == ENOENT ? 0 : -errno;
	err = read_lines(f, &lines);
	fclose(f);
	if (err < 0)
		return err;
	*ret_lines = STEAL(lines);
	return 0;
}

int record_find(enum record record, const char *key, char ret_driver[SYSFS_NAME_MAX])
{
	CLEANUP_STRV char **lines = NULL;
	int err = record_list(record, &lines);

	ret_driver[0] = '\0';
	if (err < 0)
		return err;
	for (char **line = lines; line && *line; line++) {
		const char *rest = util_after_prefix(*line, key);

		if (rest && *rest == '\t')
			util_format(ret_driver, SYSFS_NAME_MAX, "%s", rest + 1);
	}
	return 0;
}
