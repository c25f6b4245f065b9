/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list-persisted: the store, and with -v what keeps an override from being applied. */
#include "message.h"
#include "output.h"
#include "saved.h"

#include <errno.h>
#include <fcntl.h>

struct record {
	int error;
	char name[SYSFS_NAME_MAX];
	char driver[SYSFS_NAME_MAX];
	char note[SYSFS_NAME_MAX];
};

/* What a load would choose now. @ret_best: its module, or "" */
static void find_best(
	const struct options *options, const struct device *dev, char ret_best[SYSFS_NAME_MAX])
{
	CLEANUP(variant_ranking_free) struct variant_ranking ranking = { 0 };
	const struct config *config = &options->config;

	ret_best[0] = '\0';
	if (variant_find(dev, config->deny, config->n_deny, &ranking) == 0 && ranking.best >= 0)
		util_format(ret_best, SYSFS_NAME_MAX, "%s", ranking.variants[ranking.best].module);
}

/* Why the device is not on its saved driver, or "". The link is read, not driver_override, which
 * a blocked unbind can block. */
static void note_driver(
	const struct device *dev, const char *saved, const char *best, char *ret, size_t size)
{
	char bound[SYSFS_NAME_MAX], link[PATH_MAX];

	*ret = '\0';
	if (util_format(link, sizeof(link), "%s/driver", dev->path) < 0 ||
		sysfs_link_name(AT_FDCWD, link, bound) < 0) {
		if (!streq(saved, OVERRIDE_NONE))
			util_format(ret, size, "not applied: no driver bound");
	} else if (!driver_is(dev->bus, bound, saved) &&
		   !(*best && driver_is(dev->bus, bound, best))) {
		util_format(ret, size, "not applied: on %s", bound);
	}
}

static void note_device(
	const struct options *options, const struct device *dev, struct record *record)
{
	CLEANUP_FREE struct policy *policy = malloc(sizeof(*policy));
	char driver[SYSFS_NAME_MAX], best[SYSFS_NAME_MAX] = "", applied[SYSFS_NAME_MAX + 32];
	bool ranked;
	int err;

	if (!policy)
		return;
	err = saved_read(dev, driver, policy);
	ranked = streq(policy->choose, POLICY_BEST_VFIO);
	if (!dev->path[0]) {
		util_format(record->note, sizeof(record->note), "not present");
		return;
	}
	if (options->config.identity && err == -ESTALE) {
		util_format(record->note, sizeof(record->note), "set for another device");
		return;
	}
	if (ranked)
		find_best(options, dev, best);
	note_driver(dev, driver, best, applied, sizeof(applied));
	if (ranked)
		util_format(record->note, sizeof(record->note), "best-vfio: %s%s%s",
			*best ? best : "none", *applied ? "; " : "", applied);
	else
		util_format(record->note, sizeof(record->note), "%s", applied);
}

/* In the child. */
static void read_store(struct bounded *b, void *arg)
{
	const struct options *options = arg;
	CLEANUP_STRV char **names = NULL;
	struct record record = { .error = store_list(options->bus, &names) };

	if (record.error < 0)
		bounded_send(b, &record, sizeof(record));
	for (char **name = names; name && *name; name++) {
		char file[SYSFS_NAME_MAX + DEVICE_BUS_MAX], bus[DEVICE_BUS_MAX];
		struct device dev;

		/* fsl-mc-dprc.1 is not of the bus fsl. */
		util_format(file, sizeof(file), "%s-%s", options->bus, *name);
		if (device_split_bus(file, bus) && strlen(bus) > strlen(options->bus))
			continue;
		record = (struct record){ 0 };
		bounded_step(b, OVERRIDE_READ_STORE, *name);
		util_format(record.name, sizeof(record.name), "%s", *name);
		record.error = store_read(options->bus, *name, record.driver);
		if (record.error == 0 && options->verbose) {
			util_format(file, sizeof(file), "%s/%s", options->bus, *name);
			device_lookup(file, options->bus, NULL, &dev);
			note_device(options, &dev, &record);
		}
		bounded_send(b, &record, sizeof(record));
	}
}

struct listing {
	const struct options *options;
	int code;
};

static void on_record(const void *data, size_t size, void *userdata)
{
	struct listing *l = userdata;
	struct record record;
	char quoted[80];

	if (size != sizeof(record))
		return;
	memcpy(&record, data, size);
	if (record.error == 0) {
		output_row(&(struct output_row){ .name = record.name,
			.driver = record.driver,
			.note = record.note[0] ? record.note : NULL });
		return;
	}
	l->code = OVERRIDE_FAILED;
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
	char doing[512];
	int err;

	(void)args;
	(void)n_args;
	err = bounded_run(read_store, (void *)options, &limits, &watch, &end);
	if (err == -ETIMEDOUT) {
		message_error("%s: not finished after %u s",
			message_step(end.step, end.subject, doing, sizeof(doing)),
			options->timeout_ms / 1000);
		l.code = OVERRIDE_UNFINISHED;
	} else if (err < 0) {
		message_error("the process that reads the store failed: %s", strerror(-err));
		l.code = OVERRIDE_FAILED;
	}
	return output_end(l.code);
}
