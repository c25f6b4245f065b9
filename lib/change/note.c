/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who wanted a change, and what was done. */
#include "change/note.h"

#include "change/transaction.h"
#include "store/target.h"
static struct journal make_entry(const struct transaction *t, const char *override)
{
	static const enum journal_by target_by[] = {
		[TARGET_NOTHING] = JOURNAL_NOBODY,
		[TARGET_KERNEL] = JOURNAL_KERNEL,
		[TARGET_SAVED] = JOURNAL_SAVED,
		[TARGET_RULE] = JOURNAL_RULE,
	};
	struct journal entry = {
		.by = target_by[t->target.by], .how = JOURNAL_LOAD, .ms = util_now_ms()
	};

	switch (t->call->request->verb) {
	case OVERRIDE_SET:
		entry.how = JOURNAL_SET;
		break;
	case OVERRIDE_UNSET:
		entry.how = JOURNAL_UNSET;
		break;
	case OVERRIDE_LOAD_EARLY:
		entry.how = JOURNAL_EARLY;
		break;
	default:
		if (t->entry.how == JOURNAL_EARLY && streq(t->entry.override, override))
			entry.how = JOURNAL_EARLY;
		break;
	}
	if (override_by_hand(t->call->request->verb))
		entry.by = t->call->request->save ? JOURNAL_HAND : JOURNAL_HAND_NOSAVE;
	else
		memcpy(entry.rule, t->target.rule, sizeof(entry.rule));
	util_format(entry.override, sizeof(entry.override), "%s", override);
	return entry;
}

int note_begin(struct transaction *t)
{
	const char *override = t->driver.name;
	const struct journal entry = make_entry(t, override);
	int err;

	/* If it is there already, note_end() finds out who wants it now. */
	if (streq(t->now.override, override))
		return 0;
	if (entry.by != JOURNAL_RULE && entry.how != JOURNAL_EARLY)
		return 0;
	err = transaction_step(t, OVERRIDE_RECORD, "");
	if (err < 0)
		return err;
	err = journal_write(t->dev, &entry);
	if (err < 0)
		return transaction_fail_step(t, err);
	t->noted = true;
	return 0;
}

int note_forget(struct transaction *t)
{
	static const struct journal none;
	int err = transaction_step(t, OVERRIDE_RECORD, "");

	if (err < 0)
		return err;
	err = journal_write(t->dev, &none);
	return err < 0 ? transaction_fail_step(t, err) : 0;
}

/* A load that has changed nothing may have found what another one has set, and the journal is to
 * say who wants it now. What was done, and when, stays; and so does what a person has decided. */
static bool has_new_owner(const struct transaction *t, struct journal *entry)
{
	const struct journal *old = &t->entry;

	if (entry->by == JOURNAL_NOBODY || journal_is_by_hand(old) ||
		(entry->by != JOURNAL_RULE && old->by != JOURNAL_RULE))
		return false;
	if (entry->by == old->by && streq(entry->rule, old->rule) &&
		streq(entry->override, old->override))
		return false;
	memcpy(entry->driver, old->driver, sizeof(entry->driver));
	if (old->by != JOURNAL_NOBODY)
		entry->ms = old->ms;
	return true;
}

void note_end(const struct transaction *t)
{
	struct journal entry = make_entry(t, t->now.override);
	bool changed = t->end->outcome != OVERRIDE_UNTOUCHED;

	if (!t->dev->path[0] || !transaction_changes_device(t))
		return;
	/* What it does is noted before; and what is taken back is forgotten. */
	if (t->call->request->verb == OVERRIDE_LOAD_EARLY || t->takes_back)
		return;
	util_format(entry.driver, sizeof(entry.driver), "%s", t->bound);
	if (override_by_hand(t->call->request->verb) || changed || has_new_owner(t, &entry))
		(void)journal_write(t->dev, &entry);
}
