/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * driverctl_load [OPTION...] DEVICE: "driverctl load-override" for the udev rule. It is a program
 * of its own because of what only udev needs: a device may have gone by the time that udev comes to
 * it, the functions of a card are served together (functions.h), and with ACTION "unbind" an
 * override is applied again that has just been applied.
 *
 * The last was seen with Linux 6.1: nvme takes the driver from a function whose initialisation has
 * failed, half a second later, whatever driver that is by then.
 */
#include "apply.h"
#include "functions.h"
#include "kernel/cmdline.h"
#include "kernel/lookup.h"
#include "message.h"
#include "report.h"
#include "result.h"
#include "options.h"
#include "store/journal.h"
#include "store/saved.h"
#include "store/target.h"
#include "store/config.h"

#include <errno.h>
#include <sys/syslog.h>

#define JUST_MS 10000

/* udev reads no results. */
void result_add(const struct change *change, size_t i, int code)
{
	(void)change;
	(void)i;
	(void)code;
}

void result_add_failed(const struct options *options, const char *name, const char *bus, int code,
	const char *reason, const char *text)
{
	(void)options;
	(void)name;
	(void)bus;
	(void)code;
	(void)reason;
	(void)text;
}

static int load_added(
	const struct options *options, const struct device *dev, struct target_sources *sources)
{
	struct override_request request = apply_request(options, OVERRIDE_LOAD_ADDED);
	CLEANUP_CLOSE int turn_fd = -1;
	char key[DEVICE_KEY_MAX];
	struct target wanted;
	struct journal entry;
	int code;

	/* For most devices, no rule wants anything. The load reports it if that cannot be found
	 * out. */
	device_key(dev, key);
	if (!saved_has(key) && target_wait(dev, sources, options->deadline_ms, &wanted) == -ENOENT)
		return EXIT_DONE;
	functions_take_turn(dev, &turn_fd);
	/* The process of another function may have done it. */
	journal_read(dev, &entry);
	if (journal_has_loaded(&entry) && util_now_ms() - entry.ms < JUST_MS &&
		!functions_is_waiting(dev, sources))
		return EXIT_DONE;
	request.sources = sources;
	code = apply_device(options, dev, &request);
	/* For another device, udev starts the unit, which fails with the reason. */
	if (code != EXIT_DONE && strchr(dev->name, ' '))
		message_log(LOG_ERR,
			"%s: cannot apply the saved override; see: driverctl load-override '%s/%s'",
			dev->name, dev->bus, dev->name);
	if (code == EXIT_DONE && turn_fd >= 0)
		functions_load_others(options, dev, sources);
	return code;
}

static int load(const struct options *options, char **args, int n_args)
{
	const char *action = getenv("ACTION");
	bool again = action && streq(action, "unbind");
	bool off = cmdline_has("driverctl=off");
	CLEANUP(target_free) struct target_sources sources = { 0 };
	struct override_request request = apply_request(options, OVERRIDE_LOAD_AGAIN);
	struct device dev;
	int err;

	if (again && off)
		return EXIT_DONE;
	/* It says what is wrong. */
	if (n_args != 1 || off)
		return cmd_load_override(options, args, n_args);
	err = device_open(args[0], DEVICE_ARGUMENT, options->bus, options->devpath, &dev);
	if (err == -ENODEV)
		return EXIT_DONE;
	if (err < 0)
		return report_lookup(options, args[0], &dev, err);
	request.sources = &sources;
	return again ? apply_device(options, &dev, &request) : load_added(options, &dev, &sources);
}

int main(int argc, char **argv)
{
	struct options options = OPTIONS_NONE;
	int n_args;
	int code = options_read(&options, argc, argv, &n_args);

	if (code >= 0)
		return code;
	code = options_complete(&options, true);
	if (code < 0)
		code = load(&options, argv, n_args);
	config_free(&options.config);
	return code;
}
