/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "use/use.h"

static void add(struct uses *uses, enum use_kind kind, const char *node)
{
	uses_add_new(uses, kind, node, "", 0);
	ok(uses->error == 0, "%s is added", node);
}

static void order(void)
{
	static const char *const expected[] = { "/dev/b", "/dev/d", "/dev/a", "/dev/c" };
	struct uses uses = { 0 };

	add(&uses, USE_CLAIMED, "/dev/a");
	add(&uses, USE_MOUNT, "/dev/b");
	add(&uses, USE_UNKNOWN, "/dev/c");
	add(&uses, USE_MOUNT, "/dev/d");
	add(&uses, USE_MOUNT, "/dev/b");
	ok(uses.n == ARRAY_SIZE(expected), "a use that is there already is not added again");
	for (size_t i = 0; i < ARRAY_SIZE(expected) && i < uses.n; i++)
		same(uses.items[i].node, expected[i], "the use that says most comes first");
	uses_free(&uses);
	ok(!uses.items && uses.n == 0, "the list is empty after it was freed");
}

int main(void)
{
	order();
	return test_end();
}
