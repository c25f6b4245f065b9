/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks devices up by the names that the user has given, or by keys of the store. */
#include "each.h"

#include "kernel/bus.h"
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

void each_add(int *result, int code)
{
	if (*result == 0)
		*result = code;
}

int each_device(const struct options *options, char **args, int n_args, enum each_which which,
	each_fn fn, void *arg)
{
	/* DEVPATH is that of one device. */
	const char *devpath = n_args == 1 ? options->devpath : NULL;
	int result = 0;

	for (int i = 0; i < n_args; i++) {
		struct device dev;
		int err = device_open(args[i], DEVICE_ARGUMENT, options->bus, devpath, &dev);

		if (is_wanted(&dev, which, err))
			each_add(&result, fn(options, &dev, arg));
		else
			each_add(&result, report_lookup(options, args[i], &dev, err));
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

int each_key(const struct options *options, char *const *keys, enum each_which which, each_fn fn,
	void *arg)
{
	int result = each_check_bus(options);

	if (result != 0)
		return result;
	for (; keys && *keys; keys++) {
		struct device dev;
		int err = device_open(*keys, DEVICE_KEY, NULL, NULL, &dev);

		if (err == -EINVAL || !each_is_on_bus(options, &dev))
			continue;
		if (is_wanted(&dev, which, err))
			each_add(&result, fn(options, &dev, arg));
		else if (err != -ENODEV)
			each_add(&result, report_lookup(options, *keys, &dev, err));
	}
	return result;
}
