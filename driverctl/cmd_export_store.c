/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* export-store DIRECTORY: copies the saved overrides that an initramfs is to apply. */
#include "change/initramfs.h"
#include "child.h"
#include "message.h"
#include "store/store.h"

#include <errno.h>

struct export
{
	const char *root;
	int code;
};

struct record {
	int error;
	char file[SYSFS_NAME_MAX];
	struct device dev;
	struct use holder;
};

_Static_assert(sizeof(struct record) <= BOUNDED_RECORD_MAX, "a file is one record");

/* In the child. It sends only failures. */
static void copy_store(struct bounded *b, void *arg)
{
	const struct export *e = arg;
	CLEANUP_STRV char **files = NULL;
	struct record record = { .error = store_list(&files) };

	if (record.error < 0)
		bounded_send(b, &record, sizeof(record));
	for (char **file = files; file && *file; file++) {
		record = (struct record){ 0 };
		util_format(record.file, sizeof(record.file), "%s", *file);
		bounded_step(b, 0, OVERRIDE_READ_STORE, *file);
		record.error = initramfs_export(*file, e->root, &record.dev, &record.holder);
		/* A file of another name holds no override. */
		if (record.error < 0 && record.error != -EINVAL)
			bounded_send(b, &record, sizeof(record));
	}
}

static void report_excluded(const struct record *record)
{
	char line[8192];

	message_error("%s: left out of the initramfs: %s", record->dev.name,
		message_use(&record->holder, line, sizeof(line)));
}

static void report_failure(const struct record *record, const char *root)
{
	char quoted[80];

	message_quote(record->file, quoted);
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
	report_failure(record, e->root);
	e->code = EXIT_FAILED;
}

int cmd_export_store(const struct options *options, char **args, int n_args)
{
	CLEANUP_FREE char *root = realpath(args[0], NULL);
	struct export e = { .root = root };
	struct child child = {
		.work = copy_store,
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
	code = child_report(options, &child, child_run(options, &child));
	return code ? code : e.code;
}
