/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* set-override DEV... DRIVER, or with --best-vfio or --vfio-variant DEV... */
#include "apply.h"
#include "message.h"
#include "options.h"

/* --vfio-variant: the request's driver stays "" for the generic driver of the bus. */
static struct override_request request_variant(const struct options *options)
{
	struct override_request request = apply_request(options, OVERRIDE_SET);

	if (streq(options->variant, VFIO_VARIANT_AUTO))
		request.best = true;
	else if (!streq(options->variant, VFIO_VARIANT_GENERIC))
		util_format(request.driver, sizeof(request.driver), "%s", options->variant);
	return request;
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
	request = apply_request(options, OVERRIDE_SET);
	util_format(request.driver, sizeof(request.driver), "%s", driver);
	return each_device(options, args, n_args - 1, EACH_PRESENT, apply_device, &request);
}
