/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "use/mounts.h"

#include <errno.h>

/* The optional fields begin behind these. */
#define FIRST_FIELDS 6

char *mounts_unescape(char *s)
{
	char *to = s;

	for (const char *from = s; *from;) {
		if (*from != '\\' || from[1] < '0' || from[1] > '3' ||
			strspn(from + 1, "01234567") < 3) {
			*to++ = *from++;
			continue;
		}
		*to++ = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
		from += 4;
	}
	*to = '\0';
	return s;
}

/* A source may be empty: each space ends a field. At the end, the field is "". */
static char *next_field(char **rest)
{
	char *field = *rest;

	*rest += strcspn(*rest, " ");
	if (**rest)
		*(*rest)++ = '\0';
	return field;
}

bool mounts_parse(char *line, struct mount *ret)
{
	char *separator = strstr(line, " - "), *rest = line;
	char *fields[FIRST_FIELDS];

	if (!separator)
		return false;
	*separator = '\0';
	for (size_t i = 0; i < FIRST_FIELDS; i++)
		fields[i] = next_field(&rest);
	if (!*fields[FIRST_FIELDS - 1])
		return false;
	ret->number = fields[2];
	ret->target = mounts_unescape(fields[4]);
	rest = separator + strlen(" - ");
	ret->type = next_field(&rest);
	ret->source = mounts_unescape(next_field(&rest));
	ret->options = next_field(&rest);
	return true;
}

int mounts_read(struct mounts *mounts)
{
	size_t room = 0;
	FILE *f;

	if (mounts->is_read)
		return mounts->error;
	mounts->is_read = true;
	f = fopen("/proc/self/mountinfo", "re");
	/* All of it: it has no NUL. */
	if (!f || (getdelim(&mounts->text, &room, '\0', f) < 0 && !feof(f)))
		mounts->error = -errno;
	if (f)
		fclose(f);
	for (char *rest = mounts->text, *line; (line = strsep(&rest, "\n"));) {
		struct mount mount;

		if (!mounts_parse(line, &mount))
			continue;
		if (util_grow(&mounts->items, mounts->n, sizeof(mount)) < 0) {
			mounts->error = -ENOMEM;
			break;
		}
		mounts->items[mounts->n++] = mount;
	}
	return mounts->error;
}

void mounts_free(struct mounts *mounts)
{
	free(mounts->items);
	free(mounts->text);
	*mounts = (struct mounts){ 0 };
}
