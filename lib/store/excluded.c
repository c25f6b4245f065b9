/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the list of excluded devices. Does not judge which devices are in use. */
#include "store/excluded.h"

#include "kernel/bus.h"
#include "kernel/pci.h"

#include <errno.h>

/* The identity of a device. */
struct identity {
	char modalias[SYSFS_VALUE_MAX];
	char place[PATH_MAX];
};

/* A line of the list. It has one buffer, which the pointers are into. */
struct entry {
	char *line;
	const char *bus, *place, *modalias;
};

static int identify(const struct device *dev, struct identity *ret)
{
	int err = pci_identity(dev, ret->modalias, ret->place);

	if (err < 0 || ret->place[0])
		return err;
	return util_format(ret->place, sizeof(ret->place), "%s", dev->name);
}

int excluded_line(const struct device *dev, char **ret_line)
{
	struct identity identity;
	int err = identify(dev, &identity);

	if (err < 0)
		return err;
	if (asprintf(ret_line, "%s\t%s\t%s", dev->bus, identity.place, identity.modalias) >= 0)
		return 0;
	*ret_line = NULL;
	return -ENOMEM;
}

/* --- read --- */

static int read_lines(FILE *f, char ***lines)
{
	CLEANUP_FREE char *line = NULL;
	size_t n = 0, size = 0;

	errno = 0;
	while (getline(&line, &size, f) > 0) {
		int err;

		line[strcspn(line, "\n")] = '\0';
		err = util_strv_add(lines, &n, line);
		if (err < 0)
			return err;
	}
	if (!ferror(f))
		return 0;
	return errno ? -errno : -EIO;
}

int excluded_read(char ***ret_lines)
{
	CLEANUP_STRV char **lines = NULL;
	FILE *f = fopen(EXCLUDED_FILE, "re");
	int err;

	*ret_lines = NULL;
	if (!f)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	err = read_lines(f, &lines);
	fclose(f);
	if (err < 0)
		return err;
	*ret_lines = STEAL(lines);
	return 0;
}

static void free_entry(struct entry *entry)
{
	free(entry->line);
}

/* Return: 1 if the line is one of the bus, 0, or -ENOMEM. */
static int parse(const char *line, const char *bus, struct entry *ret)
{
	char *rest;

	*ret = (struct entry){ .line = strdup(line) };
	rest = ret->line;
	if (!rest)
		return -ENOMEM;
	ret->bus = strsep(&rest, "\t");
	ret->place = strsep(&rest, "\t");
	ret->modalias = rest ? rest : "";
	return ret->place && streq(ret->bus, bus);
}

/* --- compare --- */

static bool is_at(const struct device *dev, const struct entry *entry)
{
	struct identity identity;

	if (identify(dev, &identity) < 0)
		return false;
	return streq(identity.place, entry->place) && streq(identity.modalias, entry->modalias);
}

/* Whether the device of a line is where it was. */
static bool is_in_place(const struct entry *entry)
{
	CLEANUP_STRV char **names = NULL;
	char dir[PATH_MAX];

	bus_devices_dir(entry->bus, dir);
	if (sysfs_list(dir, NULL, &names, NULL) < 0)
		return false;
	for (char **name = names; name && *name; name++) {
		struct device dev;

		device_listed(entry->bus, dir, *name, &dev);
		if (is_at(&dev, entry))
			return true;
	}
	return false;
}

static bool is_meant(const struct entry *entry, const struct identity *identity)
{
	if (streq(entry->place, identity->place))
		return true;
	if (!entry->modalias[0] || !streq(entry->modalias, identity->modalias))
		return false;
	return !is_in_place(entry);
}

int excluded_has(char *const *lines, const struct device *dev)
{
	struct identity identity;
	int err;

	if (!lines)
		return 0;
	err = identify(dev, &identity);
	if (err < 0)
		return err;
	for (; *lines; lines++) {
		CLEANUP(free_entry) struct entry entry;
		int found = parse(*lines, dev->bus, &entry);

		if (found < 0)
			return found;
		if (found && is_meant(&entry, &identity))
			return 1;
	}
	return 0;
}
