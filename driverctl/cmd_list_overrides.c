/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list-overrides [CLASS] */
#include "list.h"

int cmd_list_overrides(const struct options *options, char **args, int n_args)
{
	return list_bus(options, n_args ? args[0] : NULL, true);
}
