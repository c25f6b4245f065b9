/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads /proc/cmdline. */
#include "kernel/cmdline.h"

#include "base/util.h"

static bool has_word(char *line, const char *word)
{
	const char *next;

	while ((next = strsep(&line, " \t\n")))
		if (streq(next, word))
			return true;
	return false;
}

bool cmdline_has(const char *word)
{
	CLEANUP_FREE char *line = NULL;
	FILE *f = fopen("/proc/cmdline", "re");
	size_t size = 0;
	bool found = false;

	if (!f)
		return false;
	while (!found && getline(&line, &size, f) > 0)
		found = has_word(line, word);
	fclose(f);
	return found;
}
