/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>

static void names(void)
{
	static const struct {
		const char *name;
		bool valid;
	} cases[] = {
		{ "e1000e", true },
		{ "0000:01:00.0", true },
		{ "Serial Bus", true },
		{ "...", true },
		{ "", false },
		{ ".", false },
		{ "..", false },
		{ "a/b", false },
		{ "../etc", false },
		{ "a\nb", false },
		{ "a\x7f", false },
	};
	char name[300];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ok(util_name_valid(cases[i].name) == cases[i].valid, "name case %zu is %svalid", i,
			cases[i].valid ? "" : "not ");
	memset(name, 'a', sizeof(name));
	name[255] = '\0';
	ok(util_name_valid(name), "a name of 255 bytes is valid");
	name[255] = 'a';
	name[256] = '\0';
	ok(!util_name_valid(name), "a name of 256 bytes is not");
}

static void same_names(void)
{
	ok(util_same_name("vfio-pci", "vfio_pci"), "'-' and '_' are equal");
	ok(!util_same_name("vfio-pci", "vfio-pc"), "a prefix is another name");
	ok(!util_same_name("vfio-pc", "vfio-pci"), "and the other way round");
	ok(!util_same_name("a-b", "a.b"), "'.' is not '-'");
}

static void seconds(void)
{
	static const struct {
		const char *text;
		unsigned int ms; /* 0: refused */
	} cases[] = {
		{ "1", 1000 },
		{ "30", 30000 },
		{ "86400", 86400000 },
		{ "0", 0 },
		{ "86401", 0 },
		{ "", 0 },
		{ "-1", 0 },
		{ "+1", 0 },
		{ "1.5", 0 },
		{ "3s", 0 },
		{ " 3", 0 },
		{ "99999999999999999999", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned int ms = 0;
		int err = util_parse_seconds(cases[i].text, &ms);

		ok(cases[i].ms ? err == 0 && ms == cases[i].ms : err == -EINVAL, "'%s' seconds",
			cases[i].text);
	}
}

static void strings(void)
{
	CLEANUP_STRV char **strv = NULL;
	char small[4], text[32];
	size_t n = 0;
	bool sorted = true;

	ok(util_format(small, sizeof(small), "%s", "abc") == 0, "a text that just fits");
	ok(util_format(small, sizeof(small), "%s", "abcd") == -ENAMETOOLONG && streq(small, "abc"),
		"one that does not is cut");
	for (int i = 100; i > 0; i--) {
		util_format(text, sizeof(text), "%03d", i);
		util_strv_add(&strv, &n, text);
	}
	util_strv_sort(strv, n);
	for (size_t i = 1; i < n; i++)
		sorted = sorted && strcmp(strv[i - 1], strv[i]) < 0;
	ok(n == 100 && sorted && !strv[n], "100 strings, sorted, NULL behind them");
	ok(util_after_prefix("pci-x", "pci") && !util_after_prefix("pc", "pci"), "prefixes");
}

int main(void)
{
	names();
	same_names();
	seconds();
	strings();
	return test_end();
}
