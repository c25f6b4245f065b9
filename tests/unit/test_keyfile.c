/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What inih makes of a text, and what it must not make of it. */
#include "store/keyfile.h"
#include "test.h"

#include <errno.h>

/* Writes what it is given, one "section|key|value;" after the other. */
static const char *record(const char *section, const char *key, const char *value, void *userdata)
{
	char *got = userdata;

	util_format(got + strlen(got), 512 - strlen(got), "%s|%s|%s;", section, key, value);
	return streq(value, "wrong") ? "a wrong value" : NULL;
}

static void values(void)
{
	static const struct {
		const char *name, *text, *got;
		int line; /* the wrong one; 0: none */
	} cases[] = {
		{ "empty", "", "", 0 },
		{ "a value", "[s]\nk = v\n", "s|k|v;", 0 },
		{ "no newline at the end", "[s]\nk = v", "s|k|v;", 0 },
		{ "CRLF", "[s]\r\nk = v\r\n", "s|k|v;", 0 },
		{ "no section", "k = v\n", "|k|v;", 0 },
		{ "comments", "# a\n; b\n[s] ; c\nk = v ; d\n", "s|k|v;", 0 },
		{ "a long value", "[s]\nk = v\n  w\n", "s|k|v;s|k|w;", 0 },
		{ "the first of '=' and ':' ends the key", "[s]\na:b = c\n", "s|a|b = c;", 0 },
		{ "neither section nor value", "[s]\nnonsense\nk = v\n", "s|k|v;", 2 },
		{ "values behind a wrong one", "k = wrong\nk = v\nk = wrong\n",
			"|k|wrong;|k|v;|k|wrong;", 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char got[512] = "";
		const char *why;
		int line, err = keyfile_parse(cases[i].text, record, got, &line, &why);

		ok(err == (cases[i].line ? -EBADMSG : 0) && line == cases[i].line, "%s: line %d",
			cases[i].name, line);
		same(got, cases[i].got, cases[i].name);
	}
}

/* A text with a run of letters, as long as inih takes it and one byte longer. */
static void too_long(const char *name, const char *format, int longest)
{
	char text[600], got[512] = "";
	const char *why;
	int line;

	util_format(text, sizeof(text), format, longest, 0);
	ok(keyfile_parse(text, record, got, &line, &why) == 0, "%s is read whole", name);
	util_format(text, sizeof(text), format, longest + 1, 0);
	ok(keyfile_parse(text, record, got, &line, &why) == -EBADMSG && line == 2,
		"%s and one byte is an error", name);
	same(why, "line too long", "and this is why");
}

static void written(void)
{
	CLEANUP_FREE char *text = NULL;
	char value[400] = "", got[512] = "";
	const char *why;
	size_t size;
	int line;
	FILE *f = open_memstream(&text, &size);

	memset(value, 'v', sizeof(value) - 1);
	keyfile_write(f, "none", "");
	keyfile_write(f, "k", value);
	fclose(f);
	ok(keyfile_parse(text, record, got, &line, &why) == 0, "a long value is written");
	ok(strlen(got) == sizeof(value) - 1 + 3 * strlen("|k|;"), "in three lines");
}

int main(void)
{
	values();
	too_long("a line of 198 bytes", "[s]\nk = %0*d\n", 198 - 4);
	too_long("a section name of 48 bytes", "\n[%0*d]\n", 48);
	written();
	return test_end();
}
