/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* load-override DEV..., or with --all; --early is for the time before udev has started */
#include "apply.h"
#include "kernel/cmdline.h"
#include "message.h"
#include "options.h"
#include "store/early.h"
#include "store/saved.h"
#include "store/store.h"

#include <errno.h>

/* The first failure is the whole call's. */
static void add(int *result, int code)
{
	if (*result == 0)
		*result = code;
}

/* Every saved override whose device is present; of a store's other files nothing is said. */
static int load_all(const struct options *options)
{
	CLEANUP_STRV char **files = NULL;
	int err = store_list(&files), result = 0;

	if (err < 0) {
		message_error(STORE_DIR ": %s", strerror(-err));
		return OVERRIDE_FAILED;
	}
	for (char **file = files; file && *file; file++) {
		struct device dev;

		err = saved_device(*file, &dev);
		if (options->bus_given && !streq(dev.bus, options->bus))
			continue;
		if (err == 0)
			add(&result, apply_one(options, override_load, &dev, ""));
		else if (err != -ENODEV && err != -EINVAL)
			add(&result, message_lookup(*file, &dev, err));
	}
	return result;
}

/* What an initramfs with an older store has applied. */
static int take_back_stale(const struct options *options)
{
	struct options unset = *options;
	CLEANUP_STRV char **lines = NULL;
	int err = early_list(&lines), result = 0;

	unset.save = false;
	if (err < 0) {
		message_error(EARLY_FILE ": %s", strerror(-err));
		return OVERRIDE_FAILED;
	}
	for (char **line = lines; line && *line; line++) {
		char *driver = *line;
		const char *name = strsep(&driver, "\t");
		struct device dev;
		int error = saved_device(name, &dev);

		if (!util_name_valid(driver) ||
			(options->bus_given && !streq(dev.bus, options->bus)))
			continue;
		if (error == 0)
			add(&result, apply_one(&unset, override_take_back, &dev, driver));
		else if (error != -ENODEV && error != -EINVAL)
			add(&result, message_lookup(name, &dev, error));
	}
	return result;
}

int cmd_load_override(const struct options *options, char **args, int n_args)
{
	int result = 0;

	if (options->all ? n_args > 0 : n_args == 0) {
		message_error("load-override takes DEVICE... or --all" SEE_HELP);
		return EXIT_USAGE;
	}
	if (options->early && !options->all) {
		message_error("--early goes with --all" SEE_HELP);
		return EXIT_USAGE;
	}
	if (cmdline_has("driverctl=off") && !options->force) {
		message_error("driverctl=off on the kernel command line: nothing applied "
			      "(--force overrides)");
		return OVERRIDE_REFUSED;
	}
	if (!options->all)
		return apply_each(options, override_load, args, n_args, "");
	if (options->early)
		result = take_back_stale(options);
	add(&result, load_all(options));
	return result;
}
