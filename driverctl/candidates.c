/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists the devices for which something is wanted. Which devices a rule is for is read in a bounded
 * child. Without rules there is none: every boot comes here.
 */
#include "candidates.h"

#include "bounded_child.h"
#include "message.h"
#include "store/store.h"

#include <errno.h>
#include <sys/syslog.h>

struct job {
	struct wanted_sources *sources;
	char **keys;
	size_t n_keys;
	int error;
};

struct record {
	int error;
	char key[DEVICE_KEY_MAX];
};

/* --- what is wrong --- */

static void warn(const struct options *options, const char *text)
{
	/* After the early step, the next one logs it. */
	if (!options_have(options, OPTION_EARLY))
		message_warn(options, LOG_ERR, "%s", text);
	else if (options_have(options, OPTION_VERBOSE))
		message_error("%s", text);
}

void candidates_each_error(const struct wanted_sources *sources,
	void (*fn)(const char *code, const char *text, void *arg), void *arg)
{
	char quoted[80], text[PATH_MAX + 256];

	for (size_t i = 0; i < sources->kernel.n; i++) {
		const struct cmdline_override *override = &sources->kernel.list[i];

		if (!override->why)
			continue;
		util_format(text, sizeof(text),
			"driverctl.override=%s on the kernel command line: %s",
			message_quote(override->value, quoted), override->why);
		fn("bad-kernel-option", text, arg);
	}
	for (size_t i = 0; i < sources->rules.n; i++)
		if (sources->rules.list[i].error)
			fn("bad-rule", message_rule(&sources->rules.list[i], text, sizeof(text)),
				arg);
}

static void warn_of_error(const char *code, const char *text, void *arg)
{
	(void)code;
	warn(arg, text);
}

void candidates_warn(const struct options *options, const struct wanted_sources *sources)
{
	candidates_each_error(sources, warn_of_error, (void *)options);
}

/* --- the list --- */

/* In the child. */
static void list(struct bounded *b, void *arg)
{
	const struct job *job = arg;
	CLEANUP_STRV char **keys = NULL;
	struct record record = { .error = wanted_list(job->sources, &keys) };

	if (record.error < 0)
		bounded_send(b, &record, sizeof(record));
	for (char **key = keys; key && *key; key++) {
		util_format(record.key, sizeof(record.key), "%s", *key);
		bounded_send(b, &record, sizeof(record));
	}
}

static void on_record(const void *data, void *arg)
{
	const struct record *record = data;
	struct job *job = arg;

	if (record->error < 0)
		job->error = record->error;
	else if (util_strv_add(&job->keys, &job->n_keys, record->key) < 0)
		job->error = -ENOMEM;
}

static bool have_rules(const struct rules *rules)
{
	size_t i = 0;

	return rules_next_bus(rules, &i) != NULL;
}

/* Saved overrides count although the rules cannot be read. */
int candidates_read(struct wanted_sources *sources, char ***ret_keys)
{
	int rules_err = wanted_prepare(sources);
	int err = wanted_list(sources, ret_keys);

	if (err < 0)
		message_error(STORE_DIR ": %s", strerror(-err));
	else if (rules_err < 0)
		message_error("cannot read the rules: %s", strerror(-rules_err));
	return err < 0 || rules_err < 0 ? EXIT_FAILED : EXIT_DONE;
}

int candidates_list(const struct options *options, struct wanted_sources *sources, char ***ret_keys)
{
	struct job job = { .sources = sources };
	struct old_child child = {
		.work = list,
		.record = on_record,
		.record_size = sizeof(struct record),
		.arg = &job,
		.reads = "the devices",
	};
	int err = wanted_prepare(sources), code;

	*ret_keys = NULL;
	if (err < 0 || !have_rules(&sources->rules))
		return candidates_read(sources, ret_keys);
	code = old_child_report(options, &child, old_child_run(options, &child));
	*ret_keys = job.keys;
	if (code == EXIT_DONE && job.error < 0) {
		message_error(STORE_DIR ": %s", strerror(-job.error));
		code = EXIT_FAILED;
	}
	return code;
}
