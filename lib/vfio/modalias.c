/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parses and matches the aliases of modules. Must not read files. */
#include "vfio/modalias.h"

#include <fnmatch.h>

#define ALIAS "alias"
#define BUILTIN_ALIAS ".alias="

unsigned int modalias_wildcards(const char *pattern)
{
	unsigned int n = 0;

	for (; *pattern; pattern++)
		n += *pattern == '*';
	return n;
}

void modalias_normalize(char *s)
{
	bool in_bracket = false;

	for (; *s; s++) {
		if (*s == '[')
			in_bracket = true;
		else if (*s == ']')
			in_bracket = false;
		else if (*s == '-' && !in_bracket)
			*s = '_';
	}
}

bool modalias_matches(const char *pattern, const char *vfio_modalias)
{
	CLEANUP_FREE char *normalized = NULL;

	if (!strchr(pattern, '-'))
		return fnmatch(pattern, vfio_modalias, 0) == 0;
	normalized = strdup(pattern);
	if (!normalized)
		return false;
	modalias_normalize(normalized);
	return fnmatch(normalized, vfio_modalias, 0) == 0;
}

static bool is_special(char c)
{
	return c && strchr("*?[\\", c);
}

/* Whether the pattern can match "vfio_...". Saves a call of fnmatch() for thousands of lines. */
static bool may_be_vfio(const char *pattern)
{
	for (const char *c = "vfio_"; *c; c++, pattern++)
		if (*pattern != *c)
			return is_special(*pattern);
	return true;
}

/* A call of strspn() for each line would take longer than the rest. */
static char *skip_blanks(char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

/* Ends the word at @s. Return: the next word, or NULL if there is none. */
static char *split_word(char *s)
{
	s += strcspn(s, " \t");
	if (!*s)
		return NULL;
	*s = '\0';
	s = skip_blanks(s + 1);
	return *s ? s : NULL;
}

/* Return: the pattern of a line "alias PATTERN ...", or NULL for any other line. */
static char *alias_pattern(char *line)
{
	char *word = skip_blanks(line);
	char *rest = word + strlen(ALIAS);

	if (strncmp(word, ALIAS, strlen(ALIAS)) != 0)
		return NULL;
	if (*rest != ' ' && *rest != '\t')
		return NULL;
	return skip_blanks(rest);
}

/* Splits "PATTERN MODULE". */
static bool split_pattern(char *pattern, struct modalias_line *ret)
{
	char *module;

	pattern[strcspn(pattern, "\r\n")] = '\0';
	module = split_word(pattern);
	if (!module || split_word(module))
		return false;
	*ret = (struct modalias_line){ pattern, module };
	return util_name_valid(module);
}

bool modalias_next(char **text, struct modalias_line *ret)
{
	while (**text) {
		char *line = *text;
		char *end = strchrnul(line, '\n');
		char *pattern = alias_pattern(line);

		*text = *end ? end + 1 : end;
		/* Most lines are for other buses: compare their beginning before anything else. */
		if (!pattern || !may_be_vfio(pattern))
			continue;
		if (split_pattern(pattern, ret))
			return true;
	}
	return false;
}

bool modalias_next_builtin(char **text, const char *end, struct modalias_line *ret)
{
	while (*text < end) {
		char *module = *text, *key;
		size_t length = strnlen(module, (size_t)(end - module));

		*text += length + 1;
		if (module + length == end)
			return false;
		key = strstr(module, BUILTIN_ALIAS);
		if (!key || !may_be_vfio(key + strlen(BUILTIN_ALIAS)))
			continue;
		*key = '\0';
		if (!util_name_valid(module))
			continue;
		*ret = (struct modalias_line){ key + strlen(BUILTIN_ALIAS), module };
		return true;
	}
	return false;
}
