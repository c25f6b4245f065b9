/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns how a character device is found below a device. Opens no node. */
#include "kernel/chardev.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define NUMBERS SYSFS "/dev/char"

/* --- numbers --- */

bool chardevs_have(const struct chardevs *set, dev_t number)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->numbers[i] == number)
			return true;
	return false;
}

int chardevs_add(struct chardevs *set, dev_t number)
{
	int err;

	if (chardevs_have(set, number))
		return 0;
	err = util_grow(&set->numbers, set->n, sizeof(*set->numbers));
	if (err < 0)
		return err;
	set->numbers[set->n++] = number;
	return 0;
}

void chardevs_free(struct chardevs *set)
{
	free(set->numbers);
	*set = (struct chardevs){ 0 };
}

/* Return: what follows the number, or NULL if there is none, or it is too large. */
static const char *parse_number(const char *text, unsigned int *ret)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 9)
		return NULL;
	*ret = (unsigned int)strtoul(text, NULL, 10);
	return text + digits;
}

bool chardev_parse(const char *text, dev_t *ret)
{
	unsigned int major_number, minor_number;
	const char *rest = parse_number(text, &major_number);

	if (!rest || *rest != ':')
		return false;
	rest = parse_number(rest + 1, &minor_number);
	if (!rest || *rest)
		return false;
	*ret = makedev(major_number, minor_number);
	return true;
}

int chardev_read(const char *dir, dev_t *ret)
{
	char text[64];
	ssize_t n = sysfs_read(dir, "dev", text, sizeof(text));

	if (n < 0)
		return (int)n;
	return chardev_parse(text, ret) ? 0 : -EBADMSG;
}

bool chardev_parse_major(const char *line, const char *name, unsigned int *ret)
{
	const char *rest = parse_number(line + strspn(line, " "), ret);

	return rest && *rest == ' ' && streq(rest + 1, name);
}

int chardev_major(const char *name)
{
	CLEANUP_FREE char *line = NULL;
	FILE *f = fopen("/proc/devices", "re");
	size_t size = 0;
	int found = -ENOENT;

	if (!f)
		return -errno;
	while (found < 0 && getline(&line, &size, f) > 0) {
		unsigned int number;

		line[strcspn(line, "\n")] = '\0';
		/* These come last, and have numbers of their own. */
		if (streq(line, "Block devices:"))
			break;
		if (chardev_parse_major(line, name, &number))
			found = (int)number;
	}
	fclose(f);
	return found;
}

void chardev_node(dev_t number, char ret[SYSFS_NAME_MAX])
{
	char dir[64], text[SYSFS_VALUE_MAX];
	char *name;

	util_format(dir, sizeof(dir), NUMBERS "/%u:%u", major(number), minor(number));
	sysfs_read_text(dir, "uevent", text, sizeof(text));
	name = strstr(text, "DEVNAME=");
	if (!name) {
		util_format(ret, SYSFS_NAME_MAX, "character device %u:%u", major(number),
			minor(number));
		return;
	}
	name += strlen("DEVNAME=");
	util_format(ret, SYSFS_NAME_MAX, "/dev/%.*s", (int)strcspn(name, "\n"), name);
}

/* --- the walk --- */

/* The directories that are still to be looked into. */
struct walk {
	char **dirs;
	size_t n;
	struct chardevs *ret;
};

static bool is_directory(int dir_fd, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(dir_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* Adds the directories in a directory. @ret_number: whether that has a number */
static int add_directories(struct walk *walk, const char *dir, DIR *stream, bool *ret_number)
{
	char path[PATH_MAX];
	struct dirent *entry;

	while (errno = 0, (entry = readdir(stream))) {
		const char *name = entry->d_name;
		int err;

		if (streq(name, "dev"))
			*ret_number = true;
		if (streq(name, ".") || streq(name, "..") || streq(name, "net"))
			continue;
		if (!is_directory(dirfd(stream), entry))
			continue;
		err = util_format(path, sizeof(path), "%s/%s", dir, name);
		if (err < 0)
			return err;
		err = util_strv_add(&walk->dirs, &walk->n, path);
		if (err < 0)
			return err;
	}
	return -errno;
}

/* Drops the directories in a disk's: those are its partitions, and what its driver is set to. */
static void leave_out(struct walk *walk, size_t n_before)
{
	while (walk->n > n_before) {
		free(walk->dirs[--walk->n]);
		walk->dirs[walk->n] = NULL;
	}
}

static int add_number(struct walk *walk, const char *dir, size_t n_before)
{
	char class[SYSFS_NAME_MAX];
	dev_t number;
	int err = sysfs_link(dir, "subsystem", class);

	if (err < 0)
		return err;
	if (streq(class, "input"))
		return 0;
	if (streq(class, "block")) {
		leave_out(walk, n_before);
		return 0;
	}
	err = chardev_read(dir, &number);
	return err < 0 ? err : chardevs_add(walk->ret, number);
}

static int look_into(struct walk *walk, const char *dir)
{
	CLEANUP_CLOSEDIR DIR *stream = opendir(dir);
	size_t n_before = walk->n;
	bool number = false;
	int err;

	if (!stream)
		return -errno;
	err = add_directories(walk, dir, stream, &number);
	if (err < 0 || !number)
		return err;
	return add_number(walk, dir, n_before);
}

static void free_walk(struct walk *walk)
{
	util_strv_freep(&walk->dirs);
}

static bool has_vanished(int err)
{
	return err == -ENOENT || err == -ENODEV;
}

static int walk_below(const char *dir, struct chardevs *ret)
{
	CLEANUP(free_walk) struct walk walk = { .ret = ret };
	int err = util_strv_add(&walk.dirs, &walk.n, dir);

	if (err < 0)
		return err;
	for (size_t i = 0; i < walk.n; i++) {
		err = look_into(&walk, walk.dirs[i]);
		if (err < 0 && !has_vanished(err))
			return err;
	}
	return 0;
}

int chardev_list(const struct device *dev, struct chardevs *ret)
{
	return walk_below(dev->path, ret);
}

int chardev_list_class(const struct device *dev, const char *class, struct chardevs *ret)
{
	char dir[PATH_MAX];
	int err = util_format(dir, sizeof(dir), "%s/%s", dev->path, class);

	return err < 0 ? err : walk_below(dir, ret);
}
