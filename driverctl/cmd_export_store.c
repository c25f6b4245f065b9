/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* export-store DIR: the store as an initramfs is to have it */
#include "change/initramfs.h"
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

/* In the child; only what went wrong is sent. */
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
		/* Files with other names are none of ours. */
		if (record.error < 0 && record.error != -EINVAL)
			bounded_send(b, &record, sizeof(record));
	}
}

static void on_record(const void *data, size_t size, void *userdata)
{
	struct export *e = userdata;
	struct record record;
	char quoted[80];

	if (size != sizeof(record))
		return;
	memcpy(&record, data, size);
	message_quote(record.file, quoted);
	if (record.error == -EBUSY) {
		char line[8192];

		message_error("%s: left out of the initramfs: %s", record.dev.name,
			message_use(&record.holder, line, sizeof(line)));
		return;
	}
	e->code = OVERRIDE_FAILED;
	if (record.error == -EBADMSG)
		message_error("%s: " STORE_DIR "/%s: not a driver name", quoted, quoted);
	else if (record.file[0])
		message_error("%s: cannot copy " STORE_DIR "/%s to %s: %s", quoted, quoted, e->root,
			strerror(-record.error));
	else
		message_error(STORE_DIR ": %s", strerror(-record.error));
}

int cmd_export_store(const struct options *options, char **args, int n_args)
{
	CLEANUP_FREE char *root = realpath(args[0], NULL);
	struct export e = { .root = root };
	struct bounded_limits limits = { .deadline_ms = options->deadline_ms };
	struct bounded_watch watch = { .record = on_record, .userdata = &e };
	struct bounded_end end;
	char doing[512];
	int err;

	(void)n_args;
	if (!root) {
		message_error("%s: %s", message_quote(args[0], doing), strerror(errno));
		return OVERRIDE_FAILED;
	}
	err = bounded_run(copy_store, &e, &limits, &watch, &end);
	if (err == -ETIMEDOUT) {
		message_error("%s: not finished after %u s",
			message_step(end.at.step, end.at.subject, doing, sizeof(doing)),
			options->timeout_ms / 1000);
		return OVERRIDE_UNFINISHED;
	}
	if (err < 0) {
		message_error("the process that reads the store failed: %s", strerror(-err));
		return OVERRIDE_FAILED;
	}
	return e.code;
}
