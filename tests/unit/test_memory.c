/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* No memory where a transaction asks for some: the same source, with allocators that have none. */
#include "test.h"

#include <errno.h>

#define calloc(n, size) ((void)(n), (void)(size), NULL)
#define malloc(size) ((void)(size), NULL)
#include "change/change.c" /* NOLINT(bugprone-suspicious-include): with other allocators */
#include "base/file.c"     /* NOLINT(bugprone-suspicious-include) */
#undef calloc
#undef malloc

int main(void)
{
	const struct override_request request = { .verb = OVERRIDE_SET };
	const struct device devices[2] = { 0 };
	struct override_end ends[2] = { { .outcome = OVERRIDE_KEPT },
		{ .outcome = OVERRIDE_KEPT } };
	struct override_failure failure;
	char *text = NULL;

	change_run(&request, devices, 2, NULL, &failure, ends);
	ok(failure.cause == OVERRIDE_STEP_FAILED && failure.error == -ENOMEM, "the call fails");
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		ok(ends[i].outcome == OVERRIDE_UNSEEN, "device %zu of two: nothing is touched", i);
	ok(file_read_text(AT_FDCWD, "/dev/null", &text) == -ENOMEM && !text, "a file of the store");
	return test_end();
}
