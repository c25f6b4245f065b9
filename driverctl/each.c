/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks devices up by the names that the user has given. */
#include "each.h"

#include "kernel/lookup.h"
#include "message.h"

#include <errno.h>

static bool is_wanted(const struct device *dev, enum each_which which, int err)
{
	if (err == -ENODEV)
		return which == EACH_ALSO_ABSENT && dev->name[0];
	return err == 0;
}

int each_device(const struct options *options, char **args, int n_args, enum each_which which,
	each_fn fn, const void *arg)
{
	/* DEVPATH is that of one device. */
	const char *devpath = n_args == 1 ? options->devpath : NULL;
	int result = 0;

	for (int i = 0; i < n_args; i++) {
		struct device dev;
		int err = lookup_device(args[i], options->bus, devpath, &dev);
		int code;

		if (is_wanted(&dev, which, err))
			code = fn(options, &dev, arg);
		else
			code = message_lookup(args[i], &dev, err);
		if (result == 0)
			result = code;
	}
	return result;
}
