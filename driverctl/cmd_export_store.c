/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* export-store DIRECTORY: copies the saved overrides and the rules that an initramfs is to apply.
 */
#include "change/initramfs.h"
#include "change/initramfs_rules.h"
#include "child.h"
#include "message.h"
#include "store/image.h"
#include "store/saved.h"
#include "base/supervise.h"

#include <errno.h>

struct export
{
	const char *root;
	int code;
};

static void report_excluded(const struct device *dev, const struct use *use)
{
	char line[8192];

	message_error("%s: excluded from the initramfs: %s", dev->name,
		message_use(use, line, sizeof(line)));
}

/* If only a device is excluded, or a rule, the initramfs can be built. */
static void on_exception(const struct initramfs_exception *exception, void *userdata)
{
	const char *name = exception->rule ? exception->rule->name : "";
	const char *why = strerror(-exception->error);
	struct export *e = userdata;
	char quoted[80];

	message_quote(name, quoted);
	if (exception->use) {
		report_excluded(exception->dev, exception->use);
	} else if (*name && exception->dev) {
		message_error(
			"%s: rule %s is not for it in the initramfs: cannot tell whether it is in "
			"use: %s",
			exception->dev->name, quoted, why);
	} else if (*name) {
		message_error("rule %s is excluded from the initramfs: %s", quoted, why);
	} else {
		message_error("cannot copy the rules to %s: %s", e->root, why);
		e->code = EXIT_FAILED;
	}
}

static int copy(struct supervise *s, void *arg)
{
	struct export *e = arg;
	/* First: a change from here on may not be in the initramfs. */
	int mark_err = image_mark(e->root);
	CLEANUP_STRV char **files = NULL;
	int err = saved_list(&files);

	if (err < 0) {
		message_error(STORE_DIR ": %s", strerror(-err));
		return EXIT_FAILED;
	}
	for (char **file = files; file && *file; file++) {
		struct device dev;
		struct use use;
		char quoted[80];

		supervise_step(s, 0, OVERRIDE_READ_STORE, *file);
		err = initramfs_export(*file, e->root, &dev, &use);
		/* With -EINVAL, it is a file of another name, which holds no override. */
		if (err == 0 || err == -EINVAL)
			continue;
		if (err == -EBUSY) {
			report_excluded(&dev, &use);
			continue;
		}
		message_quote(*file, quoted);
		if (err == -EBADMSG)
			message_error("%s: " STORE_DIR "/%s: not a driver name", quoted, quoted);
		else
			message_error("%s: cannot copy " STORE_DIR "/%s to %s: %s", quoted, quoted,
				e->root, strerror(-err));
		e->code = EXIT_FAILED;
	}
	supervise_step(s, 0, OVERRIDE_READ_STORE, "");
	err = initramfs_rules_export(e->root, on_exception, e);
	if (err < 0) {
		message_error("cannot copy the rules to %s: %s", e->root, strerror(-err));
		return EXIT_FAILED;
	}
	/* What kept the mark from being written has been reported if something else has failed. A
	 * copy to the host's own root has failed already. */
	if (mark_err < 0 && mark_err != -EEXIST && e->code == EXIT_DONE) {
		message_error(STORE_DIR ": %s", strerror(-mark_err));
		return EXIT_FAILED;
	}
	return e->code;
}

int cmd_export_store(const struct options *options, char **args, int n_args)
{
	CLEANUP_FREE char *root = realpath(args[0], NULL);
	struct export e = { .root = root };

	(void)n_args;
	if (!root) {
		char quoted[80];

		message_error("%s: %s", message_quote(args[0], quoted), strerror(errno));
		return EXIT_FAILED;
	}
	return child_read(options, copy, &e, NULL, "the store");
}
