/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* unset-rule NAME */
#include "rule_apply.h"
#include "store/rules.h"

int cmd_unset_rule(const struct options *options, char **args, int n_args)
{
	CLEANUP_FREE char *name = NULL;
	struct rules_change change = { 0 };
	int code = rule_apply_name(args[0], &name);

	(void)n_args;
	if (code != EXIT_DONE)
		return code;
	change.name = name;
	return rule_apply(options, &change);
}
