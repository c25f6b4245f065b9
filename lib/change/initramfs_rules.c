/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes only below the root that it is given. */
#include "change/initramfs_rules.h"

#include "base/file.h"
#include "kernel/bus.h"
#include "kernel/lookup.h"
#include "store/excluded.h"
#include "store/image.h"
#include "store/target.h"
#include "use/use.h"

#include <errno.h>
#include <fcntl.h>

struct export
{
	struct target_sources *sources;
	int dir_fd; /* of the store below the root */
	FILE *excluded;
	initramfs_exception_fn fn;
	void *userdata;
};

/* --- the rules --- */

static int write_mask(int dir_fd, const char *name)
{
	int err = file_remove(dir_fd, name);

	if (err < 0)
		return err;
	return symlinkat("/dev/null", dir_fd, name) < 0 ? -errno : 0;
}

static int copy_rule(const struct export *e, const struct rule *rule, int dir_fd)
{
	CLEANUP_FREE char *text = NULL;
	char name[NAME_MAX + sizeof(RULES_SUFFIX)];
	int err;

	util_format(name, sizeof(name), "%s" RULES_SUFFIX, rule->name);
	if (!rule_counts(rule))
		return strchr(rule->name, '/') ? 0 : write_mask(dir_fd, name);
	err = file_read_text(AT_FDCWD, rule->file, &text);
	if (err < 0) {
		const struct initramfs_exception exception = { .rule = rule, .error = err };

		e->fn(&exception, e->userdata);
		return write_mask(dir_fd, name);
	}
	return file_write(dir_fd, name, text);
}

static int copy_rules(const struct export *e)
{
	CLEANUP_CLOSE int dir_fd = -1;
	int err = file_make_dir(e->dir_fd, RULES_NAME, &dir_fd, NULL);

	if (err < 0)
		return err;
	for (size_t i = 0; i < e->sources->rules.n; i++) {
		err = copy_rule(e, &e->sources->rules.list[i], dir_fd);
		if (err < 0)
			return err;
	}
	return 0;
}

/* --- the devices --- */

static int exclude(const struct export *e, const struct device *dev)
{
	CLEANUP_FREE char *line = NULL;
	int err = excluded_line(dev, &line);

	if (err < 0)
		return err;
	return fprintf(e->excluded, "%s\n", line) < 0 ? -ENOMEM : 0;
}

/* A device that a rule is for. */
static int check_ruled(struct export *e, const struct device *dev, const struct rule *rule)
{
	/* As by hand: nobody has said that the device may be taken although it is in use. */
	static const struct use_caller nobody;
	CLEANUP(uses_free) struct uses uses = { 0 };
	struct initramfs_exception exception = { .rule = rule, .dev = dev };

	exception.error = use_gather(dev, 1, &nobody, 0, &uses);
	if (uses.n > 0)
		exception.use = &uses.items[0];
	if (exception.error == 0 && uses.unseen > 0)
		exception.error = -EACCES;
	if (!exception.use && exception.error == 0)
		return 0;
	e->fn(&exception, e->userdata);
	return exclude(e, dev);
}

/* After the buses have been renumbered, a rule may be for it. */
static int check_disks(const struct export *e, const struct device *dev)
{
	CLEANUP(uses_free) struct uses uses = { 0 };
	int err = use_gather(dev, 1, NULL, USE_FIND_DISKS, &uses);

	return err < 0 || uses.n > 0 ? exclude(e, dev) : 0;
}

static const struct rule *find_rule(const struct rules *rules, const char *name)
{
	for (size_t i = 0; i < rules->n; i++)
		if (streq(rules->list[i].name, name))
			return &rules->list[i];
	return NULL;
}

static int check_device(struct export *e, const char *bus, const char *name)
{
	char bound[SYSFS_NAME_MAX];
	struct target wanted;
	struct device dev;
	int err;

	err = device_on_bus(bus, name, &dev);
	/* Without a driver, nothing uses it that an initramfs would need. */
	if (err < 0 || device_driver(&dev, bound) < 0 || !bound[0])
		return 0;
	err = target_of(&dev, e->sources, &wanted);
	if (err < 0 || wanted.by != TARGET_RULE)
		return check_disks(e, &dev);
	if (target_in_effect(&wanted, &dev, bound, NULL))
		return 0;
	return check_ruled(e, &dev, find_rule(&e->sources->rules, wanted.rule));
}

static int check_bus(struct export *e, const char *bus)
{
	CLEANUP_STRV char **names = NULL;
	char dir[PATH_MAX];
	int err;

	bus_devices_dir(bus, dir);
	err = sysfs_list(dir, NULL, &names, NULL);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	for (char **name = names; name && *name; name++) {
		err = check_device(e, bus, *name);
		if (err < 0)
			return err;
	}
	return 0;
}

static int check_buses(struct export *e)
{
	const char *bus;
	size_t i = 0;

	while ((bus = rules_next_bus(&e->sources->rules, &i))) {
		int err = check_bus(e, bus);

		if (err < 0)
			return err;
	}
	return 0;
}

static int exclude_devices(struct export *e)
{
	CLEANUP_FREE char *text = NULL;
	size_t size;
	int err;

	e->excluded = open_memstream(&text, &size);
	if (!e->excluded)
		return -ENOMEM;
	for (char **line = e->sources->excluded; line && *line; line++)
		fprintf(e->excluded, "%s\n", *line);
	err = check_buses(e);
	if (fclose(e->excluded) != 0)
		return -ENOMEM;
	return err < 0 ? err : file_write(e->dir_fd, EXCLUDED_NAME, text);
}

int initramfs_rules_export(const char *root, initramfs_exception_fn fn, void *userdata)
{
	CLEANUP(target_free) struct target_sources sources = { 0 };
	CLEANUP_CLOSE int dir_fd = -1;
	struct export e = { .sources = &sources, .fn = fn, .userdata = userdata };
	int err = target_prepare(&sources);

	if (err < 0 || sources.rules.n == 0)
		return err;
	err = image_make_store(root, &dir_fd);
	if (err < 0)
		return err;
	e.dir_fd = dir_fd;
	err = copy_rules(&e);
	return err < 0 ? err : exclude_devices(&e);
}
