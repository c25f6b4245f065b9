/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * driverctl_load [OPTION...] DEVICE: "driverctl load-override", for the udev rule. A program of its
 * own because of the libraries it does without: udev starts it for dozens of devices at once, and
 * there most of its time is that of the dynamic linker.
 *
 * Of the virtual functions of a card, which come by dozens, the first one's process goes on with
 * the others as the kernel creates them. Those that udev starts meanwhile wait for that, and leave
 * the processors to it and to the kernel.
 *
 * With udev's ACTION "unbind" an override is applied again that has just been applied. Seen with
 * Linux 6.1: nvme takes the driver from a function whose initialisation failed, half a second later
 * and whatever driver that is by then. Later than that somebody meant it.
 */
#include "apply.h"
#include "kernel/driver.h"
#include "options.h"
#include "store/lock.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define JUST_MS 10000

/* How often to look for another function, how long one may take, and how long all of them. */
#define PAUSE_NS 10000000
#define FUNCTION_MS 1000
#define FUNCTIONS_MS 10000
/* How long the process of another one waits for that. */
#define TURN_MS 1000
/* Ahead of what udev does meanwhile with the functions that are there. */
#define PRIORITY (-20)

static bool is_just_bound(const struct device *dev)
{
	char key[DEVICE_KEY_MAX];

	device_key(dev, key);
	return lock_marked_ms(key) < JUST_MS;
}

/* With a saved override, and not on its driver. Nothing here may block. */
static bool is_waiting(const struct device *dev)
{
	char saved[SYSFS_NAME_MAX], bound[SYSFS_NAME_MAX], link[PATH_MAX], key[DEVICE_KEY_MAX];

	device_key(dev, key);
	if (store_read(key, saved) < 0 ||
		util_format(link, sizeof(link), "%s/driver", dev->path) < 0)
		return false;
	return sysfs_link_name(AT_FDCWD, link, bound) < 0 || !driver_is(dev->bus, bound, saved);
}

/*
 * A process that ends when no more functions are being created. Reading the number of functions
 * waits for that; before Linux 5.5 it says 0 until then. Return: its pid, or below 0.
 */
static pid_t watch_creation(const struct device *dev)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	char path[PATH_MAX], value[16];
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	/* The lock; and udev reads what its programs say, up to the end. */
	util_close_from(0);
	util_format(path, sizeof(path), "%s/physfn/sriov_numvfs", dev->path);
	while (sysfs_read(AT_FDCWD, path, value, sizeof(value)) > 0 && streq(value, "0"))
		nanosleep(&pause, NULL);
	_exit(0);
}

/* The device's name of the function with this number, counted from 0. */
static bool function_name(
	const struct device *dev, unsigned int number, char ret_name[SYSFS_NAME_MAX])
{
	char link[PATH_MAX];

	return util_format(link, sizeof(link), "%s/physfn/virtfn%u", dev->path, number) == 0 &&
	       sysfs_link_name(AT_FDCWD, link, ret_name) == 0;
}

/* Tried once; udev's own call for it is what counts. */
static void load_function(
	const struct options *options, const struct device *dev, unsigned int number)
{
	struct options each = *options;
	char name[SYSFS_NAME_MAX];
	struct device other;

	if (!function_name(dev, number, name) || device_lookup(name, dev->bus, NULL, &other) < 0 ||
		!is_waiting(&other))
		return;
	each.deadline_ms = util_now_ms() + FUNCTION_MS;
	apply_one(&each, override_load, &other, "");
}

/* A function is loaded only when it was there a round before, as the kernel links it shortly before
 * a driver can bind it. They come one after the other. */
static void load_others(const struct options *options, const struct device *dev)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	int64_t until_ms = util_now_ms() + FUNCTIONS_MS;
	unsigned int n_seen = 0, n_done = 0;
	pid_t watch = watch_creation(dev);
	bool over = watch < 0;

	while (util_now_ms() < until_ms && (!over || n_done < n_seen)) {
		unsigned int n_ready = n_seen;
		char name[SYSFS_NAME_MAX];

		over = over || waitpid(watch, NULL, WNOHANG) != 0;
		while (function_name(dev, n_seen, name))
			n_seen++;
		while (n_done < n_ready)
			load_function(options, dev, n_done++);
		nanosleep(&pause, NULL);
	}
	if (!over)
		kill(watch, SIGKILL);
}

/* The card of a virtual function; "" where @dev is none. */
static void read_physical(const struct device *dev, char ret_name[SYSFS_NAME_MAX])
{
	char link[PATH_MAX];

	if (util_format(link, sizeof(link), "%s/physfn", dev->path) < 0 ||
		sysfs_link_name(AT_FDCWD, link, ret_name) < 0)
		ret_name[0] = '\0';
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
	char physical[SYSFS_NAME_MAX] = "";
	CLEANUP_CLOSE int lock = -1;
	struct device dev;
	int error = -EINVAL;

	options.unbound = action && streq(action, "unbind");
	if (code < 0)
		code = options_complete(&options, true);
	if (code < 0 && n_args == 1)
		error = device_lookup(argv[0], options.bus, options.devpath, &dev);
	if (code < 0 && error == 0 && !options.unbound)
		read_physical(&dev, physical);
	if (physical[0]) {
		char key[DEVICE_KEY_MAX];

		setpriority(PRIO_PROCESS, 0, PRIORITY);
		util_format(key, sizeof(key), "functions-%s", physical);
		lock_take(key, util_now_ms() + TURN_MS, NULL, NULL, &lock);
	}
	if (code < 0 && error == 0)
		code = look(&options, &dev);
	/* Gone by the time that udev comes to it, which is no failure. */
	else if (code < 0 && (error == -ENODEV || options.unbound))
		code = 0;
	if (code < 0) {
		code = cmd_load_override(&options, argv, n_args);
		if (code == 0 && lock >= 0)
			load_others(&options, &dev);
	}
	config_free(&options.config);
	return code;
}
