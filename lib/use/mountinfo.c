/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the format of mountinfo. Opens no file. */
#include "use/mountinfo.h"

/* The optional fields begin behind these. */
#define FIRST_FIELDS 6

static bool is_octal(const char *s)
{
	return s[0] >= '0' && s[0] <= '3' && strspn(s, "01234567") >= 3;
}

void mountinfo_unescape(char *s)
{
	char *to = s;

	while (*s) {
		if (*s != '\\' || !is_octal(s + 1)) {
			*to++ = *s++;
			continue;
		}
		*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
		s += 4;
	}
	*to = '\0';
}

/* A source may be empty: each space ends a field. */
static char *next_field(char **rest)
{
	char *field = strsep(rest, " ");

	return field ? field : "";
}

bool mountinfo_parse(char *line, struct mountinfo *ret)
{
	char *separator, *rest;
	char *fields[FIRST_FIELDS];

	line[strcspn(line, "\n")] = '\0';
	separator = strstr(line, " - ");
	if (!separator)
		return false;
	*separator = '\0';
	rest = line;
	for (size_t i = 0; i < FIRST_FIELDS; i++)
		fields[i] = next_field(&rest);
	if (!*fields[FIRST_FIELDS - 1])
		return false;
	ret->number = fields[2];
	ret->target = fields[4];
	rest = separator + strlen(" - ");
	ret->type = next_field(&rest);
	ret->source = next_field(&rest);
	ret->options = next_field(&rest);
	return true;
}
