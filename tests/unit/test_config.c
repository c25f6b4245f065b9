/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/config.h"
#include "test.h"

#include <errno.h>

static void lines(void)
{
	static const struct {
		const char *name, *text;
		int line; /* at fault; 0: none */
		const char *why;
	} cases[] = {
		{ "empty", "", 0, "" },
		{ "comments", "# a\n; b\n\n[vfio] ; c\nfallback = no ; d\n", 0, "" },
		{ "no newline at the end", "[safety]\ntimeout=5", 0, "" },
		{ "CRLF", "[safety]\r\ntimeout = 5\r\n", 0, "" },
		{ "not yes or no", "[vfio]\nfallback = maybe\n", 2, "must be yes or no" },
		{ "timeout", "[safety]\n\ntimeout = 0\n", 3,
			"timeout takes seconds, from 1 to 86400" },
		{ "unknown key", "[safety]\nfallback = no\n", 2, "unknown key" },
		{ "unknown section", "[other]\nkey = 1\n", 2,
			"unknown section, known are [vfio], [safety] and [libvirt]" },
		{ "no section", "deny = a\n", 1,
			"unknown section, known are [vfio], [safety] and [libvirt]" },
		{ "libvirt", "[libvirt]\ngroup = refuse\ngroup = take\n", 0, "" },
		{ "neither refuse nor take", "[libvirt]\ngroup = yes\n", 2,
			"must be refuse or take" },
		{ "a key of another section", "[libvirt]\nfallback = no\n", 2, "unknown key" },
		{ "no key", "[vfio]\nfallback = no\nnonsense\n", 3,
			"neither a [section] nor a key = value" },
		{ "the first of two errors", "[vfio]\nnonsense\nfallback = maybe\n", 2,
			"neither a [section] nor a key = value" },
		{ "the first of two errors, the other way round",
			"[vfio]\nfallback = maybe\nnonsense\n", 2, "must be yes or no" },
		{ "an address as key", "[vfio]\n0000:01:00.0 = x\n", 2, "unknown key" },
		{ "deny with a '='", "[vfio]\ndeny = a\n  fallback = no\n", 3,
			"deny takes names of modules" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct config config = CONFIG_DEFAULTS;
		const char *why;
		int line, err = config_parse(cases[i].text, &config, &line, &why);

		ok(err == (cases[i].line ? -EBADMSG : 0) && line == cases[i].line, "%s: line %d",
			cases[i].name, line);
		if (cases[i].line)
			same(why ? why : "(none)", cases[i].why, cases[i].name);
		config_free(&config);
	}
}

static void values(void)
{
	struct config config = CONFIG_DEFAULTS;
	const char *why;
	int line;

	ok(config.fallback && config.identity && config.timeout_ms == 30000 && !config.n_deny,
		"the defaults");
	config_parse("[vfio]\ndeny = a_vfio_pci b\n  c\ndeny = d\nfallback = no\n"
		     "[safety]\nidentity = no\ntimeout = 7\n",
		&config, &line, &why);
	ok(config.n_deny == 4 && streq(config.deny[0], "a_vfio_pci") &&
			streq(config.deny[2], "c") && streq(config.deny[3], "d"),
		"deny in several words, lines and keys");
	ok(!config.fallback && !config.identity && config.timeout_ms == 7000, "the others");
	config_free(&config);
}

int main(void)
{
	lines();
	values();
	return test_end();
}
