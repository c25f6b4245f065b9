/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "use/uses.h"

#include "base/util.h"

#include <errno.h>

void uses_note(struct uses *uses, int err)
{
	if (uses->error == 0 && err < 0)
		uses->error = err;
}

void uses_add(struct uses *uses, const struct use *use)
{
	size_t at = uses->n;

	for (size_t i = 0; i < uses->n; i++) {
		const struct use *other = &uses->items[i];

		if (other->kind == use->kind && other->error == use->error &&
			other->pid == use->pid && streq(other->node, use->node) &&
			streq(other->user, use->user) && streq(other->through, use->through))
			return;
	}
	if (util_grow(&uses->items, uses->n, sizeof(*uses->items)) < 0) {
		uses_note(uses, -ENOMEM);
		return;
	}
	while (at > 0 && uses->items[at - 1].kind > use->kind)
		at--;
	memmove(&uses->items[at + 1], &uses->items[at], (uses->n - at) * sizeof(*uses->items));
	uses->items[at] = *use;
	uses->n++;
}

void uses_add_new(
	struct uses *uses, enum use_kind kind, const char *node, const char *user, int error)
{
	struct use use = { .kind = kind, .error = error };

	util_format(use.node, sizeof(use.node), "%s", node);
	util_format(use.user, sizeof(use.user), "%s", user);
	uses_add(uses, &use);
}

void uses_free(struct uses *uses)
{
	free(uses->items);
	*uses = (struct uses){ 0 };
}
