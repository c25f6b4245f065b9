/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * driverctl_load [OPTION...] DEVICE: "driverctl load-override", for the udev rule. A program of its
 * own because of the libraries it does without: udev starts it for dozens of devices at once, and
 * there most of its time is that of the dynamic linker.
 *
 * Of the virtual functions of a card, which come by dozens, the first one's process goes on with
 * the others as the kernel creates them, ahead of udev, which starts a process for each.
 *
 * With udev's ACTION "unbind" an override is applied again that has just been applied. Seen with
 * Linux 6.1: nvme takes the driver from a function whose initialisation failed, half a second later
 * and whatever driver that is by then. Later than that somebody meant it.
 */
#include "apply.h"
#include "driver.h"
#include "options.h"
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>

#define JUST_MS 10000

/* How long after the last new function to look for another one, and how often. */
#define QUIET_MS 100
#define PAUSE_NS 20000000
/* What a function may take: none is begun later than this before the deadline. */
#define FUNCTION_MS 1000
/* Ahead of what udev does meanwhile with the functions that are there. */
#define PRIORITY (-20)

static bool is_just_bound(const struct device *dev)
{
	return store_lock_marked_ms(dev->bus, dev->name) < JUST_MS;
}

/* With a saved override, and not on its driver. Nothing here may block. */
static bool is_waiting(const struct device *dev)
{
	char saved[SYSFS_NAME_MAX], bound[SYSFS_NAME_MAX], link[PATH_MAX];

	if (store_read(dev->bus, dev->name, saved) < 0 ||
		util_format(link, sizeof(link), "%s/driver", dev->path) < 0)
		return false;
	return sysfs_link_name(AT_FDCWD, link, bound) < 0 || !driver_is(dev->bus, bound, saved);
}

static bool contains(char *const *names, const char *name)
{
	for (; names && *names; names++)
		if (streq(*names, name))
			return true;
	return false;
}

/*
 * Each is tried once, udev's own call for it is what counts; and only when it was there a round
 * before, as the kernel links a function shortly before a driver can bind it.
 */
static void load_others(const struct options *options, const struct device *dev)
{
	CLEANUP_STRV char **tried = NULL, **before = NULL;
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	int64_t until = util_now_ms() + QUIET_MS;
	size_t n_tried = 0;

	setpriority(PRIO_PROCESS, 0, PRIORITY);
	util_strv_add(&tried, &n_tried, dev->name);
	while (util_now_ms() < until) {
		char **names;

		if (device_functions(dev, &names) < 0)
			return;
		for (char **name = names; name && *name; name++) {
			struct device other;

			if (!contains(before, *name) || contains(tried, *name))
				continue;
			if (util_now_ms() + FUNCTION_MS > options->deadline_ms ||
				util_strv_add(&tried, &n_tried, *name) < 0)
				until = 0;
			else if (device_lookup(*name, dev->bus, NULL, &other) == 0 &&
				 is_waiting(&other))
				apply_one(options, override_load, &other, "");
			if (until)
				until = util_now_ms() + QUIET_MS;
		}
		util_strv_freep(&before);
		before = names;
		nanosleep(&pause, NULL);
	}
}

/* The virtual functions of @dev's card: one process does it, whichever is first. */
static void load_functions(const struct options *options, const struct device *dev)
{
	char link[PATH_MAX], physical[SYSFS_NAME_MAX];
	CLEANUP_CLOSE int lock = -1;

	if (util_format(link, sizeof(link), "%s/physfn", dev->path) < 0 ||
		sysfs_link_name(AT_FDCWD, link, physical) < 0)
		return;
	lock = store_lock("functions", physical, 0, NULL, NULL);
	if (lock >= 0)
		load_others(options, dev);
}

/* Return: the exit code where there is nothing to do, or below 0. */
static int look(const struct options *options, const struct device *dev)
{
	if (options->unbound)
		return is_just_bound(dev) ? -1 : 0;
	/* By the process of another function. */
	return is_just_bound(dev) && !is_waiting(dev) ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct options options = { .probe = true, .save = true, .config = CONFIG_DEFAULTS };
	int n_args, code = options_read(&options, argc, argv, &n_args);
	const char *action = getenv("ACTION");
	struct device dev;
	int error = -EINVAL;

	options.unbound = action && streq(action, "unbind");
	if (code < 0)
		code = options_complete(&options, true);
	if (code < 0 && n_args == 1)
		error = device_lookup(argv[0], options.bus, options.devpath, &dev);
	if (code < 0 && error == 0)
		code = look(&options, &dev);
	/* Gone by the time that udev comes to it, which is no failure. */
	else if (code < 0 && (error == -ENODEV || options.unbound))
		code = 0;
	if (code < 0) {
		code = cmd_load_override(&options, argv, n_args);
		if (code == 0 && error == 0 && !options.unbound)
			load_functions(&options, &dev);
	}
	config_free(&options.config);
	return code;
}
