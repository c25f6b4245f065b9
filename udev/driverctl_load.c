/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * driverctl_load [OPTION...] DEVICE: "driverctl load-override", for the udev rule. A program of its
 * own because of the libraries it does without: udev starts it for dozens of devices at once, and
 * there most of its time is that of the dynamic linker.
 *
 * With udev's ACTION "unbind" an override is applied again that has just been applied. Seen with
 * Linux 6.1: nvme takes the driver from a function whose initialisation failed, half a second later
 * and whatever driver that is by then. Later than that somebody meant it.
 */
#include "options.h"
#include "store.h"

#define JUST_MS 10000

static bool has_just_been_applied(const struct options *options, const char *arg)
{
	struct device dev;

	return device_lookup(arg, options->bus, options->devpath, &dev) == 0 &&
	       store_lock_marked_ms(dev.bus, dev.name) < JUST_MS;
}

int main(int argc, char **argv)
{
	struct options options = { .probe = true, .save = true, .config = CONFIG_DEFAULTS };
	int n_args, code = options_read(&options, argc, argv, &n_args);
	const char *action = getenv("ACTION");

	options.unbound = action && streq(action, "unbind");
	if (code < 0)
		code = options_complete(&options, true);
	if (code < 0 && options.unbound && n_args == 1 && !has_just_been_applied(&options, argv[0]))
		code = 0;
	if (code < 0)
		code = cmd_load_override(&options, argv, n_args);
	config_free(&options.config);
	return code;
}
