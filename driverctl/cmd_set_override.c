/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* set-override DEV... DRIVER, or with --best-vfio or --vfio-variant DEV... */
#include "apply.h"
#include "message.h"
#include "options.h"

int cmd_set_override(const struct options *options, char **args, int n_args)
{
	const char *driver = args[n_args - 1];

	if (options->variant)
		return apply_each(options, override_set, args, n_args, options->variant);
	if (n_args < 2) {
		message_error("set-override takes DEVICE... DRIVER" SEE_HELP);
		return EXIT_USAGE;
	}
	if (!util_name_valid(driver)) {
		char quoted[80];

		message_error("invalid driver name '%s'", message_quote(driver, quoted));
		return EXIT_USAGE;
	}
	return apply_each(options, override_set, args, n_args - 1, driver);
}
