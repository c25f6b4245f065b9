/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's command line. */
#include "fuzz.h"
#include "kernel/cmdline.h"

static void check_override(const struct cmdline_override *override)
{
	char again[sizeof(override->device) + sizeof(override->driver)];

	fuzz_promise(override->value);
	if (override->why)
		return;
	fuzz_promise(util_name_valid(override->driver));
	util_format(again, sizeof(again), "%s=%s", override->device, override->driver);
	fuzz_promise(streq(again, override->value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	CLEANUP_FREE char *line = fuzz_part(&input, NULL), *behind = NULL;
	CLEANUP(cmdline_free) struct cmdline_overrides overrides, more = { 0 };

	fuzz_promise(cmdline_parse(line, &overrides) == 0);
	for (size_t i = 0; i < overrides.n; i++)
		check_override(&overrides.list[i]);
	/* What comes first does not depend on what follows, unless a quote is open. */
	if (strchr(line, '"') || asprintf(&behind, "%s driverctl.override=a=b", line) < 0)
		return 0;
	fuzz_promise(cmdline_parse(behind, &more) == 0);
	fuzz_promise(more.n == overrides.n + 1 && streq(more.list[overrides.n].value, "a=b"));
	for (size_t i = 0; i < overrides.n; i++)
		fuzz_promise(streq(more.list[i].value, overrides.list[i].value));
	return 0;
}
