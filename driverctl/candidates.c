/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists the devices for which something is wanted. Which devices a rule is for is read in a child
 * with a deadline. Without rules there is none: every boot comes here.
 */
#include "candidates.h"

#include "child.h"
#include "message.h"
#include "store/store.h"
#include "store/target.h"

#include <errno.h>
#include <sys/syslog.h>

/* --- what is wrong --- */

void candidates_each_error(const struct target_sources *sources,
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

static void warn(const char *code, const char *text, void *arg)
{
	const struct options *options = arg;

	(void)code;
	/* After the early step, the next one logs it. */
	if (!options_have(options, OPTION_EARLY))
		message_warn(options, LOG_ERR, "%s", text);
	else if (options_have(options, OPTION_VERBOSE))
		message_error("%s", text);
}

void candidates_warn(const struct options *options, const struct target_sources *sources)
{
	candidates_each_error(sources, warn, (void *)options);
}

/* --- the list --- */

/* Saved overrides count although the rules cannot be read. */
int candidates_read(struct target_sources *sources, char ***ret_keys)
{
	int rules_err = target_prepare(sources);
	int err = target_list(sources, ret_keys);

	if (err < 0)
		message_error(STORE_DIR ": %s", strerror(-err));
	else if (rules_err < 0)
		message_error("cannot read the rules: %s", strerror(-rules_err));
	return err < 0 || rules_err < 0 ? EXIT_FAILED : EXIT_DONE;
}

static int print_keys(struct supervise *s, void *arg)
{
	CLEANUP_STRV char **keys = NULL;
	int code = candidates_read(arg, &keys);

	(void)s;
	for (char **key = keys; key && *key; key++)
		puts(*key);
	return code;
}

int candidates_list(const struct options *options, struct target_sources *sources, char ***ret_keys)
{
	struct child child = { .work = print_keys, .arg = sources, .keep = true };
	size_t i = 0;
	int code;

	*ret_keys = NULL;
	if (target_prepare(sources) < 0 || !rules_next_bus(&sources->rules, &i))
		return candidates_read(sources, ret_keys);
	code = child_run(options, &child);
	code = child_report(options, &child, code, NULL, "the devices");
	if (child_lines(&child, ret_keys) < 0 && code == EXIT_DONE) {
		message_error("%s", strerror(ENOMEM));
		code = EXIT_FAILED;
	}
	child_print(&child);
	child_free(&child);
	return code;
}
