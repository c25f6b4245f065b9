/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list-persisted: the store, and with -v what keeps an override from being applied. */
#include "message.h"
#include "output.h"
#include "kernel/driver.h"
#include "kernel/lookup.h"
#include "store/saved.h"
#include "vfio/table.h"
#include "store/store.h"

#include <errno.h>

/* A saved override, and what became of it. */
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
	char best[SYSFS_NAME_MAX]; /* by rank, now */
};

/* What a load would choose now. @ret_best: its module, or "" */
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

/* Whether the device is on its saved driver. The link is read, not driver_override, which a blocked
 * unbind can block. */
static bool is_applied(const struct device *dev, struct record *record)
{
	device_driver(dev, record->bound);
	if (!record->bound[0])
		return streq(record->driver, OVERRIDE_NONE);
	return driver_is(dev->bus, record->bound, record->driver) ||
	       (record->best[0] && driver_is(dev->bus, record->bound, record->best));
}

static void examine(const struct options *options, const struct device *dev, struct record *record)
{
	CLEANUP_FREE struct policy *policy = malloc(sizeof(*policy));
	int err;

	if (!policy)
		return;
	err = saved_read(dev, record->driver, policy);
	util_format(record->module, sizeof(record->module), "%s", policy->module);
	util_format(record->choose, sizeof(record->choose), "%s",
		policy->choose[0] ? policy->choose : POLICY_FIXED);
	record->state = NOT_PRESENT;
	if (!dev->path[0] || err == -ENODEV)
		return;
	record->state = OTHER_DEVICE;
	if (options->config.identity && err == -ESTALE)
		return;
	if (streq(policy->choose, POLICY_BEST_VFIO))
		find_best(options, dev, record->best);
	record->state = is_applied(dev, record) ? APPLIED : NOT_APPLIED;
}

/* The name of the device, or NULL if the key is one of another bus. */
static const char *name_on(const char *bus, const char *key)
{
	const char *rest = util_after_prefix(key, bus);
	char longest[BUS_NAME_MAX];

	if (!rest || rest[0] != '-' || !rest[1])
		return NULL;
	/* fsl-mc-dprc.1 is not of the bus fsl. */
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
	record.error = store_read(key, record.driver);
	if (record.error == -ENOENT && !store_has(key))
		return;
	if (record.error == 0 &&
		(options_have(options, OPTION_VERBOSE) || options_have(options, OPTION_JSON))) {
		char argument[DEVICE_KEY_MAX];
		struct device dev;

		util_format(argument, sizeof(argument), "%s/%s", options->bus, name);
		lookup_device(argument, options->bus, NULL, &dev);
		examine(options, &dev, &record);
	}
	bounded_send(b, &record, sizeof(record));
}

/* In the child. */
static void read_store(struct bounded *b, void *arg)
{
	const struct options *options = arg;
	CLEANUP_STRV char **keys = NULL;
	struct record record = { .error = store_list(&keys) };

	if (record.error < 0)
		bounded_send(b, &record, sizeof(record));
	for (char **key = keys; key && *key; key++) {
		const char *name = name_on(options->bus, *key);

		if (name)
			send_record(b, options, *key, name);
	}
}

struct listing {
	const struct options *options;
	struct output output;
	int code;
};

static void print_record(struct listing *l, const struct record *record)
{
	static const char *const states[] = {
		[NOT_PRESENT] = "not-present",
		[OTHER_DEVICE] = "other-device",
		[NOT_APPLIED] = "not-applied",
		[APPLIED] = "applied",
	};
	bool ranked = streq(record->choose, POLICY_BEST_VFIO);
	char note[3 * SYSFS_NAME_MAX] = "", *end = note;
	struct output_row row = { .values = {
					  [OUTPUT_NAME] = record->name,
					  [OUTPUT_BUS] = l->options->bus,
					  [OUTPUT_DRIVER] = record->driver,
					  [OUTPUT_MODULE] = record->module,
					  [OUTPUT_CHOOSE] = record->choose,
					  [OUTPUT_BEST] = record->best,
					  [OUTPUT_STATE] = states[record->state],
					  [OUTPUT_NOTE] = note,
				  } };

	if (options_have(l->options, OPTION_VERBOSE) && record->state == NOT_PRESENT)
		util_format(note, sizeof(note), "not present");
	if (options_have(l->options, OPTION_VERBOSE) && record->state == OTHER_DEVICE)
		util_format(note, sizeof(note), "set for another device");
	if (options_have(l->options, OPTION_VERBOSE) && record->state >= NOT_APPLIED && ranked) {
		util_format(note, sizeof(note), "best-vfio: %s%s",
			record->best[0] ? record->best : "none",
			record->state == NOT_APPLIED ? "; " : "");
		end += strlen(note);
	}
	if (options_have(l->options, OPTION_VERBOSE) && record->state == NOT_APPLIED)
		util_format(end, sizeof(note) - (size_t)(end - note), "not applied: %s%s",
			record->bound[0] ? "on " : "no driver bound", record->bound);
	output_row(&l->output, &row);
}

static void on_record(const void *data, size_t size, void *userdata)
{
	struct listing *l = userdata;
	struct record record;
	char quoted[80];

	if (size != sizeof(record))
		return;
	memcpy(&record, data, size);
	if (record.error == 0) {
		print_record(l, &record);
		return;
	}
	l->code = EXIT_FAILED;
	message_quote(record.name, quoted);
	if (record.error == -EBADMSG)
		message_error("%s: " STORE_DIR "/%s-%s: not a driver name", quoted, l->options->bus,
			quoted);
	else if (record.name[0])
		message_error("%s: " STORE_DIR "/%s-%s: %s", quoted, l->options->bus, quoted,
			strerror(-record.error));
	else
		message_error(STORE_DIR ": %s", strerror(-record.error));
}

int cmd_list_persisted(const struct options *options, char **args, int n_args)
{
	struct listing l = { .options = options };
	struct bounded_limits limits = { .deadline_ms = options->deadline_ms };
	struct bounded_watch watch = { .record = on_record, .userdata = &l };
	struct bounded_end end;
	int err;

	(void)args;
	(void)n_args;
	output_begin(&l.output, options);
	err = bounded_run(read_store, (void *)options, &limits, &watch, &end);
	if (err == -ETIMEDOUT) {
		char doing[512];

		message_error("%s: not finished after %u s",
			message_step(end.at.step, end.at.subject, doing, sizeof(doing)),
			options->timeout_ms / 1000);
		l.code = EXIT_UNFINISHED;
	} else if (err < 0) {
		message_error("the process that reads the store failed: %s", strerror(-err));
		l.code = EXIT_FAILED;
	}
	return output_end(&l.output, l.code);
}
