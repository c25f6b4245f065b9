/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* export-store DIRECTORY: copies the saved overrides and the rules that an initramfs is to apply.
 */
#include "change/initramfs.h"
#include "change/initramfs_rules.h"
#include "bounded_child.h"
#include "message.h"
#include "store/image.h"
#include "store/saved.h"

#include <errno.h>

struct export
{
	const char *root;
	int code;
};

struct record {
	int error;
	bool rules;                /* of rules, not of saved overrides */
	char file[SYSFS_NAME_MAX]; /* of the store; with @rules: the rule's name, or "" */
	struct device dev;
	struct use holder;
};

_Static_assert(sizeof(struct record) <= BOUNDED_RECORD_MAX, "a file is one record");

/* --- in the child, which sends only failures --- */

static void on_exception(const struct initramfs_exception *exception, void *userdata)
{
	struct record record = { .error = exception->error, .rules = true };
	struct bounded *b = userdata;

	if (exception->rule)
		util_format(record.file, sizeof(record.file), "%s", exception->rule->name);
	if (exception->dev)
		record.dev = *exception->dev;
	if (exception->use) {
		record.holder = *exception->use;
		record.error = -EBUSY;
	}
	bounded_send(b, &record, sizeof(record));
}

static void copy_rules(struct bounded *b, const struct export *e)
{
	struct record record = { .rules = true };

	bounded_step(b, 0, OVERRIDE_READ_STORE, "");
	record.error = initramfs_rules_export(e->root, on_exception, b);
	if (record.error < 0)
		bounded_send(b, &record, sizeof(record));
}

/* Return: whether the store can be read. */
static bool copy_store(struct bounded *b, const struct export *e)
{
	CLEANUP_STRV char **files = NULL;
	struct record record = { .error = saved_list(&files) };

	if (record.error < 0) {
		bounded_send(b, &record, sizeof(record));
		return false;
	}
	for (char **file = files; file && *file; file++) {
		record = (struct record){ 0 };
		util_format(record.file, sizeof(record.file), "%s", *file);
		bounded_step(b, 0, OVERRIDE_READ_STORE, *file);
		record.error = initramfs_export(*file, e->root, &record.dev, &record.holder);
		/* A file of another name holds no override. */
		if (record.error < 0 && record.error != -EINVAL)
			bounded_send(b, &record, sizeof(record));
	}
	return true;
}

static void copy_all(struct bounded *b, void *arg)
{
	const struct export *e = arg;
	/* First: a change from here on may not be in the initramfs. */
	struct record record = { .error = image_mark(e->root) };

	if (!copy_store(b, e))
		return;
	copy_rules(b, e);
	/* A copy to the host's own root has failed already. */
	if (record.error < 0 && record.error != -EEXIST)
		bounded_send(b, &record, sizeof(record));
}

/* --- in the parent --- */

static void report_excluded(const struct record *record)
{
	char line[8192];

	message_error("%s: excluded from the initramfs: %s", record->dev.name,
		message_use(&record->holder, line, sizeof(line)));
}

/* Only the device is excluded, or the rule, and the initramfs can be built. */
static void report_exception(const struct record *record)
{
	char quoted[80];

	message_quote(record->file, quoted);
	if (record->dev.name[0])
		message_error(
			"%s: rule %s is not for it in the initramfs: cannot tell whether it is in "
			"use: %s",
			record->dev.name, quoted, strerror(-record->error));
	else
		message_error("rule %s is excluded from the initramfs: %s", quoted,
			strerror(-record->error));
}

static void report_failure(const struct record *record, const char *root)
{
	char quoted[80];

	message_quote(record->file, quoted);
	if (record->rules) {
		message_error("cannot copy the rules to %s: %s", root, strerror(-record->error));
		return;
	}
	if (record->error == -EBADMSG)
		message_error("%s: " STORE_DIR "/%s: not a driver name", quoted, quoted);
	else if (record->file[0])
		message_error("%s: cannot copy " STORE_DIR "/%s to %s: %s", quoted, quoted, root,
			strerror(-record->error));
	else
		message_error(STORE_DIR ": %s", strerror(-record->error));
}

static void on_record(const void *data, void *arg)
{
	const struct record *record = data;
	struct export *e = arg;

	if (record->error == -EBUSY) {
		report_excluded(record);
		return;
	}
	if (record->rules && record->file[0]) {
		report_exception(record);
		return;
	}
	/* The mark comes last: what kept it from being written has been reported. */
	if (!record->file[0] && !record->rules && e->code)
		return;
	report_failure(record, e->root);
	e->code = EXIT_FAILED;
}

int cmd_export_store(const struct options *options, char **args, int n_args)
{
	CLEANUP_FREE char *root = realpath(args[0], NULL);
	struct export e = { .root = root };
	struct old_child child = {
		.work = copy_all,
		.record = on_record,
		.record_size = sizeof(struct record),
		.arg = &e,
		.reads = "the store",
	};
	int code;

	(void)n_args;
	if (!root) {
		char quoted[80];

		message_error("%s: %s", message_quote(args[0], quoted), strerror(errno));
		return EXIT_FAILED;
	}
	code = old_child_report(options, &child, old_child_run(options, &child));
	return code ? code : e.code;
}
