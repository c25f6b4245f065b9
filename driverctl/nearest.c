/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares words by the letters that differ. */
#include "nearest.h"

#include "base/util.h"

#define LENGTH_MAX 32

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * The number of letters to add, remove or replace that makes one word of the other, by
 * Levenshtein's method: row[k] is the distance between the first letters of @a and the first k
 * letters of @b.
 */
static size_t distance(const char *a, const char *b)
{
	size_t row[LENGTH_MAX + 1], length = strlen(b);

	for (size_t k = 0; k <= length; k++)
		row[k] = k;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t k = 0; k < length; k++) {
			size_t replaced = diagonal + (a[i] != b[k]);

			diagonal = row[k + 1];
			row[k + 1] = least(replaced, least(row[k], diagonal) + 1);
		}
	}
	return row[length];
}

const char *nearest_word(const char *typed, const char *const *words)
{
	size_t length = strlen(typed), best = length / 3 + 1;
	const char *found = NULL;

	if (length < 2 || length > LENGTH_MAX)
		return NULL;
	for (; *words; words++) {
		size_t n;

		if (strlen(*words) > LENGTH_MAX)
			continue;
		n = distance(typed, *words);
		if (n > best || (n == best && found))
			continue;
		best = n;
		found = *words;
	}
	return found;
}
