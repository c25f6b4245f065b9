/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list-persisted: lists the saved overrides, with -v also why one is not in effect. */
#include "child.h"
#include "kernel/driver.h"
#include "kernel/lookup.h"
#include "message.h"
#include "output.h"
#include "store/saved.h"
#include "vfio/table.h"

#include <errno.h>

/* Whether a saved override is in effect. */
enum state {
	NOT_PRESENT,
	OTHER_DEVICE,
	NOT_APPLIED,
	APPLIED,
};

struct record {
	int error;
	enum state state;
	char name[SYSFS_NAME_MAX];
	char driver[SYSFS_NAME_MAX];
	char bound[SYSFS_NAME_MAX];
	char module[SYSFS_NAME_MAX];
	char choose[SYSFS_NAME_MAX];
	char best[SYSFS_NAME_MAX]; /* the module that a load would choose now, or "" */
};

struct listing {
	const struct options *options;
	struct output output;
	int code;
};

/* @ret_best: the module that a load would choose now, or "" */
static void find_best(
	const struct options *options, const struct device *dev, char ret_best[SYSFS_NAME_MAX])
{
	CLEANUP(variant_ranking_free) struct variant_ranking ranking = { 0 };
	const struct config *config = &options->config;

	ret_best[0] = '\0';
	if (table_rank_device(dev, config->deny, config->n_deny, &ranking) == 0 &&
		ranking.best >= 0)
		util_format(ret_best, SYSFS_NAME_MAX, "%s", ranking.variants[ranking.best].module);
}

/* driver_override is not read: it blocks while an unbind blocks, and the link of a driver never
 * does. */
static bool is_applied(const struct device *dev, struct record *record)
{
	if (!record->bound[0])
		return streq(record->driver, OVERRIDE_NONE);
	if (driver_is(dev->bus, record->bound, record->driver))
		return true;
	return record->best[0] && driver_is(dev->bus, record->bound, record->best);
}

/* @saved_error: what saved_get() returned */
static enum state find_state(const struct options *options, const struct device *dev,
	int saved_error, struct record *record)
{
	if (!dev->path[0] || saved_error == -ENODEV)
		return NOT_PRESENT;
	device_driver(dev, record->bound);
	if (options->config.identity && saved_error == -ESTALE)
		return OTHER_DEVICE;
	if (streq(record->choose, POLICY_BEST_VFIO))
		find_best(options, dev, record->best);
	return is_applied(dev, record) ? APPLIED : NOT_APPLIED;
}

static void examine(const struct options *options, const struct device *dev, struct record *record)
{
	CLEANUP_FREE struct saved *saved = malloc(sizeof(*saved));
	int err;

	if (!saved)
		return;
	err = saved_get(dev, saved);
	util_format(record->module, sizeof(record->module), "%s", saved->policy.module);
	util_format(record->choose, sizeof(record->choose), "%s",
		saved->policy.choose[0] ? saved->policy.choose : POLICY_FIXED);
	record->state = find_state(options, dev, err, record);
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

static void send_record(
	struct bounded *b, const struct options *options, const char *key, const char *name)
{
	struct record record = { 0 };

	bounded_step(b, 0, OVERRIDE_READ_STORE, name);
	util_format(record.name, sizeof(record.name), "%s", name);
	record.error = saved_driver(key, record.driver);
	/* It was removed since, or is a link that leads nowhere. */
	if (record.error == -ENOENT)
		return;
	if (record.error == 0 &&
		(options_have(options, OPTION_VERBOSE) || options_have(options, OPTION_JSON))) {
		struct device dev;

		device_open(name, DEVICE_NAME, options->bus, NULL, &dev);
		examine(options, &dev, &record);
	}
	bounded_send(b, &record, sizeof(record));
}

/* In the child. */
static void read_store(struct bounded *b, void *arg)
{
	const struct listing *l = arg;
	const char *bus = l->options->bus;
	CLEANUP_STRV char **keys = NULL;
	struct record record = { .error = saved_list(&keys) };

	if (record.error < 0)
		bounded_send(b, &record, sizeof(record));
	for (char **key = keys; key && *key; key++) {
		const char *name = name_on(bus, *key);

		if (name)
			send_record(b, l->options, *key, name);
	}
}

/* "best-vfio: vfio_pci", or "" for a fixed driver */
static void note_choice(const struct record *record, char *ret, size_t size)
{
	ret[0] = '\0';
	if (streq(record->choose, POLICY_BEST_VFIO))
		util_format(ret, size, "best-vfio: %s", record->best[0] ? record->best : "none");
}

/* "best-vfio: vfio_pci; not applied: on nvme" */
static void note_not_applied(
	const struct record *record, const char *choice, char *ret, size_t size)
{
	const char *before = choice[0] ? "; " : "";

	if (record->bound[0])
		util_format(ret, size, "%s%snot applied: on %s", choice, before, record->bound);
	else
		util_format(ret, size, "%s%snot applied: no driver bound", choice, before);
}

static void note(const struct record *record, char *ret, size_t size)
{
	char choice[2 * SYSFS_NAME_MAX];

	note_choice(record, choice, sizeof(choice));
	switch (record->state) {
	case NOT_PRESENT:
		util_format(ret, size, "not present");
		break;
	case OTHER_DEVICE:
		util_format(ret, size, "set for another device");
		break;
	case NOT_APPLIED:
		note_not_applied(record, choice, ret, size);
		break;
	case APPLIED:
		util_format(ret, size, "%s", choice);
		break;
	}
}

static void print_record(struct listing *l, const struct record *record)
{
	static const char *const states[] = {
		[NOT_PRESENT] = "not-present",
		[OTHER_DEVICE] = "other-device",
		[NOT_APPLIED] = "not-applied",
		[APPLIED] = "applied",
	};
	char text[4 * SYSFS_NAME_MAX] = "";
	struct output_row row = { .values = {
					  [OUTPUT_NAME] = record->name,
					  [OUTPUT_BUS] = l->options->bus,
					  [OUTPUT_DRIVER] = record->bound,
					  [OUTPUT_SAVED] = record->driver,
					  [OUTPUT_MODULE] = record->module,
					  [OUTPUT_CHOOSE] = record->choose,
					  [OUTPUT_BEST] = record->best,
					  [OUTPUT_STATE] = states[record->state],
					  [OUTPUT_NOTE] = text,
				  } };

	if (options_have(l->options, OPTION_VERBOSE))
		note(record, text, sizeof(text));
	output_row(&l->output, &row);
}

static void report_failure(const struct listing *l, const struct record *record)
{
	const char *bus = l->options->bus;
	char quoted[80];

	message_quote(record->name, quoted);
	if (record->error == -EBADMSG)
		message_error("%s: " STORE_DIR "/%s-%s: not a driver name", quoted, bus, quoted);
	else if (record->name[0])
		message_error("%s: " STORE_DIR "/%s-%s: %s", quoted, bus, quoted,
			strerror(-record->error));
	else
		message_error(STORE_DIR ": %s", strerror(-record->error));
}

static void on_record(const void *data, void *arg)
{
	const struct record *record = data;
	struct listing *l = arg;

	if (record->error == 0) {
		print_record(l, record);
		return;
	}
	report_failure(l, record);
	l->code = EXIT_FAILED;
}

int cmd_list_persisted(const struct options *options, char **args, int n_args)
{
	struct listing l = { .options = options };
	struct child child = {
		.work = read_store,
		.record = on_record,
		.record_size = sizeof(struct record),
		.arg = &l,
		.reads = "the store",
	};
	int code;

	(void)args;
	(void)n_args;
	output_begin(&l.output, options);
	l.output.in_lines =
		OUTPUT_BIT(OUTPUT_NAME) | OUTPUT_BIT(OUTPUT_SAVED) | OUTPUT_BIT(OUTPUT_NOTE);
	l.output.in_json = OUTPUT_BIT(OUTPUT_NAME) | OUTPUT_BIT(OUTPUT_BUS) |
			   OUTPUT_BIT(OUTPUT_DRIVER) | OUTPUT_BIT(OUTPUT_SAVED) |
			   OUTPUT_BIT(OUTPUT_MODULE) | OUTPUT_BIT(OUTPUT_CHOOSE) |
			   OUTPUT_BIT(OUTPUT_BEST) | OUTPUT_BIT(OUTPUT_STATE);
	code = child_report(options, &child, child_run(options, &child));
	return output_end(&l.output, code ? code : l.code);
}
