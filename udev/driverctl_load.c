/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * driverctl_load [OPTION...] DEVICE: "driverctl load-override" for the udev rule. It is a program
 * of its own because of what only udev needs: a device may have gone by the time that udev comes to
 * it, the functions of a card are served together (functions.h), and with ACTION "unbind" an
 * override is applied again that has just been applied.
 *
 * The last was seen with Linux 6.1: nvme takes the driver from a function whose initialisation has
 * failed, half a second later, whatever driver that is by then. If more time has passed, somebody
 * has unbound the device on purpose.
 */
#include "apply.h"
#include "functions.h"
#include "kernel/cmdline.h"
#include "kernel/lookup.h"
#include "message.h"
#include "options.h"
#include "store/lock.h"

#include <errno.h>

#define JUST_MS 10000

static bool is_just_bound(const struct device *dev)
{
	char key[DEVICE_KEY_MAX];

	device_key(dev, key);
	return lock_marked_ms(key) < JUST_MS;
}

static int load_again(const struct options *options, const struct device *dev)
{
	const struct override_request request = apply_request(options, OVERRIDE_LOAD_AGAIN);

	if (cmdline_has("driverctl=off") || !is_just_bound(dev))
		return EXIT_DONE;
	return apply_device(options, dev, &request);
}

static int load_added(const struct options *options, const struct device *dev, char **args)
{
	CLEANUP_CLOSE int turn_fd = -1;
	int code;

	functions_take_turn(dev, &turn_fd);
	/* The process of another function may have done it. */
	if (is_just_bound(dev) && !functions_is_waiting(dev))
		return EXIT_DONE;
	code = cmd_load_override(options, args, 1);
	if (code == EXIT_DONE && turn_fd >= 0)
		functions_load_others(options, dev);
	return code;
}

static int load(const struct options *options, char **args, int n_args)
{
	const char *action = getenv("ACTION");
	struct device dev;
	int err;

	if (n_args != 1)
		return cmd_load_override(options, args, n_args);
	err = lookup_device(args[0], options->bus, options->devpath, &dev);
	if (err == -ENODEV)
		return EXIT_DONE;
	if (err < 0)
		return message_lookup(args[0], &dev, err);
	if (action && streq(action, "unbind"))
		return load_again(options, &dev);
	return load_added(options, &dev, args);
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
