/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A pattern against a modalias. Parts: pattern, modalias. */
#include "fuzz.h"
#include "vfio/modalias.h"

#include <sys/mman.h>

#define ROOM 65536

/* Copies a text to the end of readable memory, because sanitizers do not see into fnmatch(3). */
static char *at_end_of_memory(const char *text)
{
	static char *memory;
	size_t size = strlen(text) + 1;

	if (!memory) {
		memory = mmap(NULL, (size_t)2 * ROOM, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (memory == MAP_FAILED || mprotect(memory + ROOM, ROOM, PROT_NONE) < 0)
			abort();
	}
	return size > ROOM ? NULL : memcpy(memory + ROOM - size, text, size);
}

/* fnmatch() for patterns with '*' and '?' alone. */
static bool plain_match(const char *pattern, const char *s)
{
	const char *star = NULL, *from = NULL;

	while (*s) {
		if (*pattern == '*') {
			star = ++pattern;
			from = s;
		} else if (*pattern && (*pattern == '?' || *pattern == *s)) {
			pattern++;
			s++;
		} else if (star) {
			pattern = star;
			s = ++from;
		} else {
			return false;
		}
	}
	return pattern[strspn(pattern, "*")] == '\0';
}

static void normalized(const char *pattern)
{
	CLEANUP_FREE char *once = strdup(pattern), *twice = NULL;
	bool bracket = false;

	if (!once)
		abort();
	modalias_normalize(once);
	twice = strdup(once);
	if (!twice)
		abort();
	modalias_normalize(twice);
	fuzz_promise(streq(once, twice));
	fuzz_promise(strlen(once) == strlen(pattern));
	for (size_t i = 0; pattern[i]; i++) {
		if (pattern[i] == '[' || pattern[i] == ']')
			bracket = pattern[i] == '[';
		fuzz_promise(once[i] == (pattern[i] == '-' && !bracket ? '_' : pattern[i]));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	CLEANUP_FREE char *pattern = fuzz_part(&input, NULL), *modalias = fuzz_part(&input, NULL);
	CLEANUP_FREE char *plain = strdup(pattern);
	const char *guarded;
	unsigned int n = 0;
	bool matches;

	for (const char *c = pattern; (c = strchr(c, '*')); c++)
		n++;
	fuzz_promise(modalias_wildcards(pattern) == n);
	normalized(pattern);
	modalias_normalize(modalias);
	modalias_normalize(plain);
	matches = modalias_matches(pattern, modalias);
	guarded = at_end_of_memory(plain);
	if (guarded)
		fuzz_promise(modalias_matches(guarded, modalias) == matches);
	if (!strpbrk(plain, "[\\"))
		fuzz_promise(plain_match(plain, modalias) == matches);
	return 0;
}
