/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/policy.h"
#include "test.h"

#include <errno.h>

static void repeat(char *to, size_t n, char c)
{
	memset(to, c, n);
	to[n] = '\0';
}

static void config_cases(void)
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
		{ "the first of two errors, turned round", "[vfio]\nfallback = maybe\nnonsense\n",
			2, "must be yes or no" },
		{ "an address as key", "[vfio]\n0000:01:00.0 = x\n", 2, "unknown key" },
		{ "deny with a '='", "[vfio]\ndeny = a\n  fallback = no\n", 3,
			"deny takes names of modules" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct config config = CONFIG_DEFAULTS;
		const char *why;
		int line, err = config_parse(cases[i].text, &config, &line, &why);

		ok(err == (cases[i].line ? -EBADMSG : 0) && line == cases[i].line,
			"config, %s: line %d", cases[i].name, line);
		if (cases[i].line)
			same(why ? why : "(none)", cases[i].why, cases[i].name);
		config_free(&config);
	}
}

static void config_values(void)
{
	struct config config = CONFIG_DEFAULTS;
	const char *why;
	int line;

	ok(config.fallback && config.identity && config.timeout_ms == 30000 && !config.n_deny,
		"config: the defaults");
	config_parse("[vfio]\ndeny = a_vfio_pci b\n  c\ndeny = d\nfallback = no\n"
		     "[safety]\nidentity = no\ntimeout = 7\n",
		&config, &line, &why);
	ok(config.n_deny == 4 && streq(config.deny[0], "a_vfio_pci") &&
			streq(config.deny[2], "c") && streq(config.deny[3], "d"),
		"config: deny in several words, lines and keys");
	ok(!config.fallback && !config.identity && config.timeout_ms == 7000, "config: the others");
	config_free(&config);
}

static void overlong(void)
{
	char text[600] = "[vfio]\ndeny = ";
	struct config config = CONFIG_DEFAULTS;
	const char *why;
	int line;

	repeat(text + strlen(text), 191, 'a');
	ok(config_parse(text, &config, &line, &why) == 0 && strlen(config.deny[0]) == 191,
		"config: a line of 198 bytes is read whole");
	repeat(text + strlen(text), 1, 'a');
	ok(config_parse(text, &config, &line, &why) == -EBADMSG && line == 2,
		"config: one of 199 is refused, not cut");
	same(why, "line too long", "config: and the reason said");
	text[0] = '[';
	repeat(text + 1, 49, 's');
	memcpy(text + 50, "]\n", sizeof("]\n"));
	ok(config_parse(text, &config, &line, &why) == -EBADMSG && line == 1,
		"config: a section name that inih would cut is refused");
	config_free(&config);
}

static void round_trip(const char *name, const struct policy *policy)
{
	CLEANUP_FREE char *text = NULL;
	struct policy again;
	int err = policy_format(policy, &text);

	ok(err == 0 && policy_parse(text, &again) == 0 && streq(again.driver, policy->driver) &&
			streq(again.module, policy->module) &&
			streq(again.modalias, policy->modalias) && streq(again.path, policy->path),
		"policy, %s: written and read again", name);
}

static void policies(void)
{
	struct policy policy = { .driver = "e1000e-vfio-pci",
		.module = "e1000e_vfio_pci",
		.choose = "fixed",
		.modalias = "pci:v00008086d000010D3sv00008086sd00000000bc02sc00i00",
		.path = "pci0000:00/1c.4/00.0" };
	CLEANUP_FREE char *text = NULL;
	struct policy other;

	round_trip("all fields", &policy);
	policy_format(&policy, &text);
	same(text,
		"[override]\ndriver = e1000e-vfio-pci\nmodule = e1000e_vfio_pci\nchoose = fixed\n"
		"modalias = pci:v00008086d000010D3sv00008086sd00000000bc02sc00i00\n"
		"path = pci0000:00/1c.4/00.0\n",
		"policy: its form");
	other = policy;
	repeat(other.modalias, 3000, 'm');
	round_trip("a modalias of 3000 bytes", &other);
	other = policy;
	other.module[0] = other.path[0] = other.modalias[0] = '\0';
	round_trip("a driver alone", &other);
	util_format(other.modalias, 64, "of:N ;T");
	ok(policy_format(&other, &text) == -EINVAL,
		"policy: what would read as a comment is refused");

	ok(policy_parse("[override]\nmodule = x\n", &other) == -EBADMSG, "policy: no driver");
	ok(policy_parse("[override]\ndriver = a/b\n", &other) == -EBADMSG, "policy: a bad driver");
	ok(policy_parse("garbage\n", &other) == -EBADMSG, "policy: garbage");
	ok(policy_parse("[override]\ndriver = x\nlater = y\n[new]\nz = 1\n", &other) == 0,
		"policy: what a later version adds is passed over");
}

static void matching(void)
{
	struct policy policy = { .driver = "x", .modalias = "pci:a", .path = "pci0000:00/00.0" };

	ok(policy_matches(&policy, "pci:a", "pci0000:00/00.0"), "identity: the same");
	ok(!policy_matches(&policy, "pci:b", "pci0000:00/00.0"), "identity: other ids");
	ok(!policy_matches(&policy, "pci:a", "pci0000:00/01.0"), "identity: another place");
	policy.path[0] = '\0';
	ok(policy_matches(&policy, "pci:a", "pci0000:00/01.0"), "identity: no place was noted");
	policy.modalias[0] = '\0';
	ok(policy_matches(&policy, "pci:b", ""), "identity: nor were ids");
}

int main(void)
{
	config_cases();
	config_values();
	overlong();
	policies();
	matching();
	return test_end();
}
