/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* set-override DEV... DRIVER, or with --best-vfio or --vfio-variant DEV... */
#include "apply.h"
#include "message.h"
#include "options.h"

int cmd_set_override(const struct options *options, char **args, int n_args)
{
	struct override_request request = apply_request(options, OVERRIDE_SET);
	const char *driver = options->variant;

	if (!driver && n_args < 2) {
		message_error("set-override takes DEVICE... DRIVER" SEE_HELP);
		return EXIT_USAGE;
	}
	if (!driver) {
		driver = args[--n_args];
		if (!util_name_valid(driver)) {
			char quoted[80];

			message_error("invalid driver name '%s'", message_quote(driver, quoted));
			return EXIT_USAGE;
		}
	} else if (streq(driver, VFIO_VARIANT_AUTO)) {
		request.best = true;
		driver = "";
	} else if (streq(driver, VFIO_VARIANT_GENERIC)) {
		driver = "";
	}
	util_format(request.driver, sizeof(request.driver), "%s", driver);
	return each_device(options, args, n_args, EACH_PRESENT, apply_device, &request);
}
