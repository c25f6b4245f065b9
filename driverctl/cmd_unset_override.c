/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* unset-override DEV... */
#include "apply.h"

int cmd_unset_override(const struct options *options, char **args, int n_args)
{
	return apply_each(options, override_unset, args, n_args, "");
}
