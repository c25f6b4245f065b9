/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* load-override DEV..., or with --all; --early is for the time before udev has started */
#include "apply.h"
#include "base/supervise.h"
#include "candidates.h"
#include "child.h"
#include "kernel/cmdline.h"
#include "kernel/lookup.h"
#include "message.h"
#include "report.h"
#include "options.h"
#include "store/credential.h"
#include "store/image.h"
#include "store/journal.h"
#include "store/target.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/syslog.h>

/* Those that the early step, or a rule, has set, and nobody may want any more, are among them. */
static int add_stale(bool early, char ***keys)
{
	CLEANUP_STRV char **noted = NULL;
	size_t n = 0, kept = 0;
	int err = journal_list(&noted);

	while (*keys && (*keys)[n])
		n++;
	for (char **key = noted; err == 0 && key && *key; key++) {
		struct journal entry;

		journal_find(*key, &entry);
		if (journal_is_by_hand(&entry) || !entry.override[0])
			continue;
		if (early ? entry.how == JOURNAL_EARLY : entry.by == JOURNAL_RULE)
			err = util_strv_add(keys, &n, *key);
	}
	if (err < 0) {
		message_error(JOURNAL_DIR ": %s", strerror(-err));
		return EXIT_FAILED;
	}
	util_strv_sort(*keys, n);
	for (size_t i = 0; i < n; i++) {
		if (kept > 0 && streq((*keys)[kept - 1], (*keys)[i]))
			free((*keys)[i]);
		else
			(*keys)[kept++] = (*keys)[i];
	}
	if (*keys)
		(*keys)[kept] = NULL;
	return EXIT_DONE;
}

struct load {
	const struct options *options;
	struct override_request request;
};

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

/* Every device that is present and for which something is wanted, or was. Nothing is said of the
 * store's other files. @s: NULL if this does not run in a child of its own */
static int load_all(struct supervise *s, void *arg)
{
	struct load *load = arg;
	const struct options *options = load->options;
	struct target_sources *sources = load->request.sources;
	bool early = options_have(options, OPTION_EARLY);
	CLEANUP_STRV char **keys = NULL;
	int result;

	if (s)
		supervise_step(s, 0, OVERRIDE_READ_STORE, "");
	result = candidates_list(sources, &keys);
	candidates_each_error(sources, warn, (void *)options);
	if (!options_have(options, OPTION_DRY_RUN) && target_prepare(sources) == 0)
		target_mark(sources);
	each_add(&result, add_stale(early, &keys));
	/* From here on, the parent waits for the devices, each of which has a child of its own, and
	 * is reported also if the time is up. */
	if (s && !supervise_report(s))
		return EXIT_UNFINISHED;
	/* Early, no driver is waited for. */
	if (early)
		each_add(&result,
			each_key(options, keys, EACH_PRESENT, apply_device, &load->request));
	else
		each_add(&result, apply_keys(options, keys, &load->request));
	return result;
}

/* In an initramfs, what it was built from is noted; on the real root, the log tells whether the
 * store has changed since. */
static int look_at_image(void)
{
	char text[256];
	bool is_image;
	int err = image_record(&is_image);

	if (err < 0) {
		message_error("cannot note what the initramfs was built from: %s", strerror(-err));
		return EXIT_FAILED;
	}
	if (is_image || image_age() != IMAGE_OLDER)
		return EXIT_DONE;
	message_log(LOG_WARNING, "%s", message_old_image(text, sizeof(text)));
	return EXIT_DONE;
}

/* Return: 0, or the exit code after a message. */
static int check_usage(const struct options *options, int n_args)
{
	if (options_have(options, OPTION_ALL) == (n_args > 0)) {
		message_error("load-override takes DEVICE... or --all" SEE_HELP);
		return EXIT_USAGE;
	}
	if (options_have(options, OPTION_EARLY) && !options_have(options, OPTION_ALL)) {
		message_error("--early goes with --all" SEE_HELP);
		return EXIT_USAGE;
	}
	if (cmdline_has("driverctl=off") && !options_have(options, OPTION_FORCE)) {
		message_error("driverctl=off on the kernel command line: nothing applied "
			      "(use --force to proceed anyway)");
		return EXIT_REFUSED;
	}
	return 0;
}

int cmd_load_override(const struct options *options, char **args, int n_args)
{
	bool notes = options_have(options, OPTION_EARLY) && !options_have(options, OPTION_DRY_RUN);
	CLEANUP(target_free) struct target_sources sources = { 0 };
	struct load load = { .options = options };
	int result = check_usage(options, n_args);

	if (result != 0)
		return result;
	load.request = apply_request(
		options, options_have(options, OPTION_EARLY) ? OVERRIDE_LOAD_EARLY : OVERRIDE_LOAD);
	load.request.sources = &sources;
	if (!options_have(options, OPTION_ALL)) {
		return each_device(
			options, args, n_args, EACH_PRESENT, apply_device, &load.request);
	}
	if (notes) {
		int err;

		/* Every user may read what is noted. */
		umask(022);
		err = credential_copy();
		if (err < 0) {
			message_error("cannot copy the rules in credentials: %s", strerror(-err));
			result = EXIT_FAILED;
		}
	}
	load.request.takes_back = true;
	if (!candidates_may_block(&sources)) {
		each_add(&result, load_all(NULL, &load));
	} else {
		struct child child = { .work = load_all,
			.arg = &load,
			.merged = !options_have(options, OPTION_JSON) };
		int code = child_run(options, &child);

		each_add(&result, child_report(options, &child, code, NULL, "the devices"));
		child_free(&child);
	}
	if (notes)
		each_add(&result, look_at_image());
	return result;
}
