/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* unset-override DEV... */
#include "apply.h"

/* An absent device may have a saved override to remove. */
int cmd_unset_override(const struct options *options, char **args, int n_args)
{
	const struct override_request request = apply_request(options, OVERRIDE_UNSET);
	enum each_which which =
		options_have(options, OPTION_IOMMU_GROUP) ? EACH_PRESENT : EACH_ALSO_ABSENT;

	return each_device(options, args, n_args, which, apply_device, &request);
}
