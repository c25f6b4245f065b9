/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* No memory where a transaction asks for some: the same source, with allocators that have none. */
#include "test.h"

#include <errno.h>

#define calloc(n, size) ((void)(n), (void)(size), NULL)
#define malloc(size) ((void)(size), NULL)
#include "change/override.c" /* NOLINT(bugprone-suspicious-include): with other allocators */
#include "base/file.c"       /* NOLINT(bugprone-suspicious-include) */
#undef calloc
#undef malloc

int main(void)
{
	const struct override_request requests[2] = { 0 };
	struct override_result results[2] = { { .touched = true }, { .touched = true } };
	char *text = NULL;

	override_set(requests, 2, NULL, results);
	for (size_t i = 0; i < ARRAY_SIZE(results); i++)
		ok(results[i].outcome == OVERRIDE_FAILED && results[i].error == -ENOMEM &&
				results[i].reason == OVERRIDE_BY_ERRNO && !results[i].touched,
			"device %zu of two: nothing is touched", i);
	ok(file_read_text(AT_FDCWD, "/dev/null", &text) == -ENOMEM && !text, "a file of the store");
	return test_end();
}
