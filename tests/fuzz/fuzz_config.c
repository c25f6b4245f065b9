/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of driverctl.conf. */
#include "fuzz.h"
#include "store/config.h"

#include <errno.h>

struct result {
	struct config config;
	int err, line;
	const char *why;
};

static void parse(const char *text, struct result *r)
{
	*r = (struct result){ .config = CONFIG_DEFAULTS };
	r->err = config_parse(text, &r->config, &r->line, &r->why);
}

static int count_lines(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += *text == '\n' || !text[1];
	return n;
}

static void check_config(const struct config *config)
{
	size_t n = 0;

	fuzz_promise(config->timeout_ms >= 1000 && config->timeout_ms <= 86400 * 1000);
	for (; config->deny && config->deny[n]; n++)
		fuzz_promise(
			util_name_valid(config->deny[n]) && !strpbrk(config->deny[n], " \t=:"));
	fuzz_promise(n == config->n_deny);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	CLEANUP_FREE char *text = fuzz_part(&input, NULL), *below = NULL;
	struct result r, shifted;

	parse(text, &r);
	fuzz_promise(r.err == 0 || r.err == -EBADMSG);
	check_config(&r.config);
	if (r.err < 0)
		fuzz_promise(r.line >= 1 && r.line <= count_lines(text) && r.why && *r.why);
	else
		fuzz_promise(r.line == 0);

	/* A comment above only changes the number of the line, unless a byte order mark comes
	 * first. */
	if (*text != '\xef' && asprintf(&below, "# above\n%s", text) > 0) {
		parse(below, &shifted);
		fuzz_promise(shifted.err == r.err);
		fuzz_promise(r.err == 0 || (shifted.line == r.line + 1 && shifted.why == r.why));
		fuzz_promise(shifted.config.n_deny == r.config.n_deny &&
			     shifted.config.fallback == r.config.fallback &&
			     shifted.config.identity == r.config.identity &&
			     shifted.config.timeout_ms == r.config.timeout_ms);
		config_free(&shifted.config);
	}
	config_free(&r.config);
	return 0;
}
