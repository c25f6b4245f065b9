/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the order of uses. Finds none. */
#include "use/uses.h"

static bool is_same(const struct use *a, const struct use *b)
{
	return a->kind == b->kind && a->error == b->error && a->pid == b->pid &&
	       streq(a->node, b->node) && streq(a->user, b->user) && streq(a->through, b->through);
}

static bool contains(const struct uses *uses, const struct use *use)
{
	for (size_t i = 0; i < uses->n; i++)
		if (is_same(&uses->items[i], use))
			return true;
	return false;
}

int uses_add(struct uses *uses, const struct use *use)
{
	size_t at = uses->n;
	struct use *items;
	int err;

	if (contains(uses, use))
		return 0;
	err = util_grow(&uses->items, uses->n, sizeof(*uses->items));
	if (err < 0)
		return err;
	items = uses->items;
	while (at > 0 && items[at - 1].kind > use->kind)
		at--;
	memmove(&items[at + 1], &items[at], (uses->n - at) * sizeof(*items));
	items[at] = *use;
	uses->n++;
	return 0;
}

void uses_free(struct uses *uses)
{
	free(uses->items);
	*uses = (struct uses){ 0 };
}
