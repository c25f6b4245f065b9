/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "use/mounts.h"
#include "test.h"

static const struct {
	const char *line;
	const char *parts; /* number target type source options, each followed by a '|'; NULL for no
			      line */
} lines[] = {
	{ "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue",
		"98:0|/mnt2|ext3|/dev/root|rw,errors=continue|" },
	{ "36 35 98:0 /mnt1 /mnt2 rw - ext3 /dev/root rw", "98:0|/mnt2|ext3|/dev/root|rw|" },
	{ "36 35 98:0 / / rw shared:1 master:2 propagate_from:3 - ext3 /dev/root rw",
		"98:0|/|ext3|/dev/root|rw|" },
	/* A source that is empty leaves two spaces. */
	{ "40 35 0:40 / /tmp rw - tmpfs  rw,size=4m", "0:40|/tmp|tmpfs||rw,size=4m|" },
	{ "40 35 0:40 / /a\\040b rw - tmpfs a\\134b rw", "0:40|/a b|tmpfs|a\\b|rw|" },
	{ "40 35 0:40 / / rw - tmpfs", "0:40|/|tmpfs|||" },
	{ "40 35 0:40 / / rw - ", "0:40|/||||" },
	{ "40 35 0:40 / /", NULL },
	{ "40 35 0:40 / / - tmpfs none rw", NULL },
	{ "40 35 0:40 / / rw -", NULL },
	{ "", NULL },
};

static const char *const texts[][2] = {
	{ "/a\\040b\\011c\\012d\\134e", "/a b\tc\nd\\e" },
	{ "\\400\\08\\", "\\400\\08\\" },
	{ "", "" },
};

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CLEANUP_FREE char *line = strdup(lines[i].line);
		struct mount m;
		char got[256] = "";
		bool found = line && mounts_parse(line, &m);

		if (found) {
			util_format(got, sizeof(got), "%s|%s|%s|%s|%s|", m.number, m.target, m.type,
				m.source, m.options);
		}
		same(got, lines[i].parts ? lines[i].parts : "", "the parts");
		ok(found == (lines[i].parts != NULL), "line %zu: it is one or not", i);
	}
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char text[64];

		util_format(text, sizeof(text), "%s", texts[i][0]);
		mounts_unescape(text);
		ok(streq(text, texts[i][1]), "unescape %s", texts[i][0]);
	}
	return test_end();
}
