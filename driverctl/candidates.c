/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists the devices for which something is wanted, and what is wrong with who wants it. */
#include "candidates.h"

#include "message.h"
#include "store/store.h"
#include "store/target.h"

/* Saved overrides count although the rules cannot be read. */
int candidates_list(struct target_sources *sources, char ***ret_keys)
{
	int rules_err = target_prepare(sources);
	int err = target_list(sources, ret_keys);

	if (err < 0)
		message_error(STORE_DIR ": %s", strerror(-err));
	else if (rules_err < 0)
		message_error("cannot read the rules: %s", strerror(-rules_err));
	return err < 0 || rules_err < 0 ? EXIT_FAILED : EXIT_DONE;
}

bool candidates_may_block(struct target_sources *sources)
{
	size_t i = 0;

	return target_prepare(sources) == 0 && rules_next_bus(&sources->rules, &i);
}

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
