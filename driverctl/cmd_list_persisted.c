/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list-persisted: lists the saved overrides, with -v also why one is not in effect. */
#include "child.h"
#include "kernel/bus.h"
#include "kernel/driver.h"
#include "kernel/lookup.h"
#include "message.h"
#include "output.h"
#include "rows.h"
#include "store/saved.h"
#include "vfio/table.h"
#include "store/target.h"
#include "store/config.h"
#include "base/supervise.h"

#include <errno.h>

/* Whether a saved override is in effect. */
enum state {
	NOT_PRESENT,
	OTHER_DEVICE,
	NOT_APPLIED,
	APPLIED,
};

/* What only -v and JSON tell of a saved override. */
struct details {
	enum state state;
	char bound[SYSFS_NAME_MAX];
	char best[SYSFS_NAME_MAX]; /* the module that a load would choose now, or "" */
	struct saved saved;
};

/* driver_override is not read: it blocks while an unbind blocks, and the link of a driver never
 * does. */
static void find_details(
	const struct options *options, const char *name, const char *driver, struct details *ret)
{
	struct target target = { .by = TARGET_SAVED };
	const struct config *config = &options->config;
	struct policy *policy = &ret->saved.policy;
	struct device dev;
	int err;

	device_open(name, DEVICE_NAME, options->bus, NULL, &dev);
	err = saved_get(&dev, &ret->saved);
	if (!policy->choose[0])
		util_format(policy->choose, sizeof(policy->choose), "%s", POLICY_FIXED);
	ret->state = NOT_PRESENT;
	if (!dev.path[0] || err == -ENODEV)
		return;
	device_driver(&dev, ret->bound);
	ret->state = OTHER_DEVICE;
	if (options->config.identity && err == -ESTALE)
		return;
	target.best = streq(policy->choose, POLICY_BEST_VFIO);
	util_format(target.driver, sizeof(target.driver), "%s", driver);
	if (target.best)
		table_best(&dev, config->deny, config->n_deny, ret->best);
	ret->state = target_in_effect(&target, &dev, ret->bound, ret->best) ? APPLIED : NOT_APPLIED;
}

/* "best-vfio: vfio_pci; not applied: on nvme" */
static void word_note(const struct details *details, char *ret, size_t size)
{
	char choice[2 * SYSFS_NAME_MAX] = "";
	const char *before;

	if (streq(details->saved.policy.choose, POLICY_BEST_VFIO))
		util_format(choice, sizeof(choice), "best-vfio: %s",
			details->best[0] ? details->best : "none");
	before = choice[0] ? "; " : "";
	switch (details->state) {
	case NOT_PRESENT:
		util_format(ret, size, "not present");
		break;
	case OTHER_DEVICE:
		util_format(ret, size, "set for another device");
		break;
	case NOT_APPLIED:
		if (details->bound[0])
			util_format(ret, size, "%s%snot applied: on %s", choice, before,
				details->bound);
		else
			util_format(ret, size, "%s%snot applied: no driver bound", choice, before);
		break;
	case APPLIED:
		util_format(ret, size, "%s", choice);
		break;
	}
}

static void print_saved(
	const struct options *options, struct rows *rows, const char *name, const char *driver)
{
	static const char *const states[] = {
		[NOT_PRESENT] = "not-present",
		[OTHER_DEVICE] = "other-device",
		[NOT_APPLIED] = "not-applied",
		[APPLIED] = "applied",
	};
	struct details details = { 0 };
	char note[4 * SYSFS_NAME_MAX] = "";
	struct row row = { .values = {
				   [COLUMN_NAME] = name,
				   [COLUMN_BUS] = options->bus,
				   [COLUMN_DRIVER] = details.bound,
				   [COLUMN_SAVED] = driver,
				   [COLUMN_MODULE] = details.saved.policy.module,
				   [COLUMN_CHOOSE] = details.saved.policy.choose,
				   [COLUMN_BEST] = details.best,
				   [COLUMN_NOTE] = note,
			   } };

	if (options_have(options, OPTION_VERBOSE) || options_have(options, OPTION_JSON))
		find_details(options, name, driver, &details);
	if (options_have(options, OPTION_VERBOSE))
		word_note(&details, note, sizeof(note));
	row.values[COLUMN_STATE] = states[details.state];
	rows_add(rows, &row);
}

/* The name of the device, or NULL if the key is one of another bus. */
static const char *name_on(const char *bus, const char *key)
{
	const char *rest = util_after_prefix(key, bus);
	char longest[BUS_NAME_MAX];

	if (!rest || rest[0] != '-' || !rest[1])
		return NULL;
	/* fsl-mc-dprc.1 is not a device of the bus fsl. */
	if (bus_split(key, longest) && strlen(longest) > strlen(bus))
		return NULL;
	return rest + 1;
}

static int print_store(struct supervise *s, void *arg)
{
	const struct options *options = arg;
	struct rows rows = rows_of(options,
		COLUMN_BIT(COLUMN_NAME) | COLUMN_BIT(COLUMN_SAVED) | COLUMN_BIT(COLUMN_NOTE),
		COLUMN_BIT(COLUMN_NAME) | COLUMN_BIT(COLUMN_BUS) | COLUMN_BIT(COLUMN_DRIVER) |
			COLUMN_BIT(COLUMN_SAVED) | COLUMN_BIT(COLUMN_MODULE) |
			COLUMN_BIT(COLUMN_CHOOSE) | COLUMN_BIT(COLUMN_BEST) |
			COLUMN_BIT(COLUMN_STATE));
	CLEANUP_STRV char **keys = NULL;
	int err = saved_list(&keys), code = EXIT_DONE;

	if (err < 0) {
		message_error(STORE_DIR ": %s", strerror(-err));
		return EXIT_FAILED;
	}
	for (char **key = keys; key && *key; key++) {
		const char *name = name_on(options->bus, *key);
		char driver[SYSFS_NAME_MAX], quoted[80];

		if (!name)
			continue;
		/* If the next one blocks, these are known. */
		fflush(stdout);
		supervise_step(s, 0, OVERRIDE_READ_STORE, name);
		err = saved_driver(*key, driver);
		/* It was removed since, or is a link that leads nowhere. */
		if (err == -ENOENT)
			continue;
		if (err == 0) {
			print_saved(options, &rows, name, driver);
			continue;
		}
		message_quote(name, quoted);
		message_error("%s: " STORE_DIR "/%s-%s: %s", quoted, options->bus, quoted,
			err == -EBADMSG ? "not a driver name" : strerror(-err));
		code = EXIT_FAILED;
	}
	rows_end(&rows);
	return code;
}

int cmd_list_persisted(const struct options *options, char **args, int n_args)
{
	(void)args;
	(void)n_args;
	output_begin(options);
	return output_end(child_read(options, print_store, (void *)options, NULL, "the store"));
}
