/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parses and matches aliases of modules. Reads no file. */
#include "vfio/modalias.h"

#include <fnmatch.h>

unsigned int modalias_wildcards(const char *pattern)
{
	unsigned int n = 0;

	for (; *pattern; pattern++)
		n += *pattern == '*';
	return n;
}

void modalias_normalize(char *s)
{
	bool bracket = false;

	for (; *s; s++)
		if (*s == '[' || *s == ']')
			bracket = *s == '[';
		else if (*s == '-' && !bracket)
			*s = '_';
}

bool modalias_matches(const char *pattern, const char *vfio_modalias)
{
	CLEANUP_FREE char *copy = NULL;

	if (strchr(pattern, '-')) {
		copy = strdup(pattern);
		if (!copy)
			return false;
		modalias_normalize(copy);
		pattern = copy;
	}
	return fnmatch(pattern, vfio_modalias, 0) == 0;
}

/* Spares the call of fnmatch() for the thousands of lines that begin with another bus. */
static bool may_be_vfio(const char *pattern)
{
	static const char vfio[] = "vfio_";

	for (const char *c = vfio; *c; c++, pattern++)
		if (*pattern == '*' || *pattern == '?' || *pattern == '[' || *pattern == '\\')
			return true;
		else if (*pattern != *c)
			return false;
	return true;
}

static char *skip_blanks(char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

/* Ends the word at @s and returns what follows it; NULL at the end of the line. */
static char *next_word(char *s)
{
	s += strcspn(s, " \t");
	if (!*s)
		return NULL;
	*s++ = '\0';
	s += strspn(s, " \t");
	return *s ? s : NULL;
}

bool modalias_next(char **text, struct modalias_line *ret)
{
	while (**text) {
		char *line = *text, *pattern, *module, *rest, *end = strchrnul(line, '\n');

		*text = *end ? end + 1 : end;
		/* Most lines are for other buses: told by their beginning, at no cost. */
		line = skip_blanks(line);
		if (strncmp(line, "alias", 5) != 0 || (line[5] != ' ' && line[5] != '\t'))
			continue;
		pattern = skip_blanks(line + 5);
		if (!may_be_vfio(pattern))
			continue;
		line[strcspn(line, "\r\n")] = '\0';
		module = next_word(pattern);
		if (!module)
			continue;
		rest = next_word(module);
		if (rest || !util_name_valid(module))
			continue;
		*ret = (struct modalias_line){ pattern, module };
		return true;
	}
	return false;
}

bool modalias_next_builtin(char **text, const char *end, struct modalias_line *ret)
{
	while (*text < end) {
		char *entry = *text, *key;
		size_t length = strnlen(entry, (size_t)(end - entry));

		*text += length + 1;
		/* Without its NUL the last one is cut off. */
		if (entry + length == end)
			return false;
		key = strstr(entry, ".alias=");
		if (!key || !may_be_vfio(key + strlen(".alias=")))
			continue;
		*key = '\0';
		if (!util_name_valid(entry))
			continue;
		*ret = (struct modalias_line){ key + strlen(".alias="), entry };
		return true;
	}
	return false;
}
