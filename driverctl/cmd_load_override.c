/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* load-override DEV... */
#include "apply.h"

int cmd_load_override(const struct options *options, char **args, int n_args)
{
	return apply_each(options, override_load, args, n_args, "");
}
