/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* set-override DEV... DRIVER, or with --best-vfio or --vfio-variant DEV... */
#include "apply.h"
#include "kernel/lookup.h"
#include "message.h"
#include "options.h"

/* --vfio-variant: the request's driver stays "" for the generic driver of the bus. */
static struct override_request request_variant(const struct options *options)
{
	struct override_request request = apply_request(options, OVERRIDE_SET);

	if (streq(options->variant, VFIO_VARIANT_AUTO))
		request.verb = OVERRIDE_SET_BEST;
	else if (!streq(options->variant, VFIO_VARIANT_GENERIC))
		util_format(request.driver, sizeof(request.driver), "%s", options->variant);
	return request;
}

static bool is_device(const struct options *options, const char *name)
{
	struct device dev;

	return device_open(name, DEVICE_ARGUMENT, options->bus, NULL, &dev) == 0;
}

/* A driver may have the name of an interface. */
static bool is_device_last(const struct options *options, char **args, int n_args)
{
	const char *last = args[n_args - 1];

	if (lookup_is_address(last))
		return true;
	return !is_device(options, args[0]) && is_device(options, last);
}

/* Somebody has forgotten the driver, or typed it first. */
static int report_device_last(char **args, int n_args)
{
	char devices[1024] = "";

	if (lookup_is_address(args[0])) {
		message_error(
			"'%s' is a device: name the driver behind it" SEE_HELP, args[n_args - 1]);
		return EXIT_USAGE;
	}
	for (int i = 1; i < n_args; i++)
		util_format(devices + strlen(devices), sizeof(devices) - strlen(devices), " %s",
			args[i]);
	message_error("the driver comes last: set-override%s %s" SEE_HELP, devices, args[0]);
	return EXIT_USAGE;
}

int cmd_set_override(const struct options *options, char **args, int n_args)
{
	struct override_request request;
	const char *driver = args[n_args - 1];

	if (options->variant) {
		request = request_variant(options);
		return each_device(options, args, n_args, EACH_PRESENT, apply_device, &request);
	}
	if (n_args < 2) {
		message_error("set-override takes DEVICE... DRIVER" SEE_HELP);
		return EXIT_USAGE;
	}
	if (!util_name_valid(driver)) {
		char quoted[80];

		message_error("invalid driver name '%s'", message_quote(driver, quoted));
		return EXIT_USAGE;
	}
	if (is_device_last(options, args, n_args))
		return report_device_last(args, n_args);
	request = apply_request(options, OVERRIDE_SET);
	util_format(request.driver, sizeof(request.driver), "%s", driver);
	return each_device(options, args, n_args - 1, EACH_PRESENT, apply_device, &request);
}
