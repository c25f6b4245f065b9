/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* unset-override DEV..., or with --all */
#include "apply.h"
#include "message.h"
#include "options.h"
#include "store/saved.h"

int cmd_unset_override(const struct options *options, char **args, int n_args)
{
	struct override_request request = apply_request(options, OVERRIDE_UNSET);
	bool all = options_have(options, OPTION_ALL);
	bool group = options_have(options, OPTION_IOMMU_GROUP);
	CLEANUP_STRV char **keys = NULL;
	int err;

	if (all == (n_args > 0)) {
		message_error("unset-override takes DEVICE... or --all" SEE_HELP);
		return EXIT_USAGE;
	}
	if (all && group) {
		message_error("--iommu-group needs DEVICE..." SEE_HELP);
		return EXIT_USAGE;
	}
	/* An absent device may have a saved override to remove. */
	if (!all)
		return each_device(options, args, n_args, group ? EACH_PRESENT : EACH_ALSO_ABSENT,
			apply_device, &request);
	err = saved_list(&keys);
	if (err < 0) {
		message_error(STORE_DIR ": %s", strerror(-err));
		return EXIT_FAILED;
	}
	return each_key(options, keys, EACH_ALSO_ABSENT, apply_device, &request);
}
