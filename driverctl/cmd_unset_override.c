/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* unset-override DEV..., or with --all */
#include "apply.h"
#include "message.h"
#include "options.h"
#include "store/saved.h"

/* An absent device may have a saved override to remove. */
static int unset_all(const struct options *options, struct override_request *request)
{
	CLEANUP_STRV char **keys = NULL;
	int err = saved_list(&keys);

	if (err < 0) {
		message_error(STORE_DIR ": %s", strerror(-err));
		return EXIT_FAILED;
	}
	return each_key(options, keys, EACH_ALSO_ABSENT, apply_device, request);
}

/* Return: 0, or the exit code after a message. */
static int check_usage(const struct options *options, int n_args)
{
	bool all = options_have(options, OPTION_ALL);

	if (all == (n_args > 0)) {
		message_error("unset-override takes DEVICE... or --all" SEE_HELP);
		return EXIT_USAGE;
	}
	if (all && options_have(options, OPTION_IOMMU_GROUP)) {
		message_error("--iommu-group needs DEVICE..." SEE_HELP);
		return EXIT_USAGE;
	}
	return 0;
}

int cmd_unset_override(const struct options *options, char **args, int n_args)
{
	struct override_request request = apply_request(options, OVERRIDE_UNSET);
	bool group = options_have(options, OPTION_IOMMU_GROUP);
	int result = check_usage(options, n_args);

	if (result != 0)
		return result;
	if (options_have(options, OPTION_ALL))
		return unset_all(options, &request);
	return each_device(options, args, n_args, group ? EACH_PRESENT : EACH_ALSO_ABSENT,
		apply_device, &request);
}
