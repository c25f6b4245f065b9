/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Results as TAP: main() calls ok() for each case and returns test_end(). */
#pragma once

#include "base/util.h"

#include <stdarg.h>

static int test_count, test_failures;

__attribute__((format(printf, 2, 3))) static inline bool ok(bool good, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d ", good ? "" : "not ", ++test_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	test_failures += !good;
	return good;
}

/* Two texts; says how they differ. */
static inline void same(const char *got, const char *expected, const char *name)
{
	if (!ok(streq(got, expected), "%s", name))
		printf("# got:      %s\n# expected: %s\n", got, expected);
}

static inline int test_end(void)
{
	printf("1..%d\n", test_count);
	return test_failures != 0;
}
