/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks devices up by the names that the user has given, or by keys of the store. */
#include "each.h"

#include "kernel/lookup.h"
#include "message.h"
#include "report.h"

#include <errno.h>

static bool is_wanted(const struct device *dev, enum each_which which, int err)
{
	if (err == -ENODEV)
		return which == EACH_ALSO_ABSENT && dev->name[0];
	return err == 0;
}

/* The first failure is the whole call's. */
static void add(int *result, int code)
{
	if (*result == 0)
		*result = code;
}

int each_device(const struct options *options, char **args, int n_args, enum each_which which,
	each_fn fn, const void *arg)
{
	/* DEVPATH is that of one device. */
	const char *devpath = n_args == 1 ? options->devpath : NULL;
	int result = 0;

	for (int i = 0; i < n_args; i++) {
		struct device dev;
		int err = device_open(args[i], DEVICE_ARGUMENT, options->bus, devpath, &dev);
		int code;

		if (is_wanted(&dev, which, err))
			code = fn(options, &dev, arg);
		else
			code = report_lookup(options, args[i], &dev, err);
		add(&result, code);
	}
	return result;
}

int each_check_bus(const struct options *options)
{
	if (!options_have(options, OPTION_BUS) || bus_exists(options->bus))
		return EXIT_DONE;
	message_error("no such bus: %s", options->bus);
	return EXIT_FAILED;
}

bool each_is_on_bus(const struct options *options, const struct device *dev)
{
	return !options_have(options, OPTION_BUS) || streq(dev->bus, options->bus);
}

static int call_for_key(const struct options *options, const char *key, enum each_which which,
	each_fn fn, const void *arg)
{
	struct device dev;
	int err = device_open(key, DEVICE_KEY, NULL, NULL, &dev);

	if (err == -EINVAL || !each_is_on_bus(options, &dev))
		return 0;
	if (is_wanted(&dev, which, err))
		return fn(options, &dev, arg);
	return err == -ENODEV ? 0 : report_lookup(options, key, &dev, err);
}

int each_key(const struct options *options, char *const *keys, enum each_which which, each_fn fn,
	const void *arg)
{
	int result = each_check_bus(options);

	if (result != 0)
		return result;
	for (; keys && *keys; keys++)
		add(&result, call_for_key(options, *keys, which, fn, arg));
	return result;
}
