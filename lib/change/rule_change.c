/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes a rule and its devices together. Decides nothing about single devices. */
#include "change/rule_change.h"

#include "change/best.h"
#include "change/effect.h"
#include "change/load.h"
#include "change/unset.h"
#include "store/policy.h"
#include "vfio/variant.h"

#include <errno.h>

/* One for all rules: a rule decides by what the others leave to it. */
#define LOCK_KEY "rules"

static bool is_rule(const struct transaction *t)
{
	return !t->dev->path[0];
}

/* --- the rule --- */

struct device override_rule_device(const char *name)
{
	struct device dev = { 0 };

	util_format(dev.name, sizeof(dev.name), "rule %s", name);
	return dev;
}

static int begin_rule(struct transaction *t)
{
	struct wanted_sources *sources = t->call->request->sources;
	int err;

	util_format(t->key, sizeof(t->key), LOCK_KEY);
	err = transaction_lock(t);
	if (err < 0)
		return err;
	err = transaction_step(t, OVERRIDE_PREPARE_STORE, "");
	if (err < 0)
		return err;
	if (!t->call->request->dry_run)
		err = rules_tidy(sources->change->name);
	if (err < 0)
		return transaction_fail_step(t, err);
	/* They may have changed before the lock was taken. */
	wanted_free(sources);
	err = wanted_prepare(sources);
	if (err >= 0)
		err = rules_check(&sources->rules);
	if (err < 0)
		return transaction_fail(t, OVERRIDE_UNREADABLE_RULES, err);
	err = rules_prepare(sources->change, &t->save, t->call->request->dry_run);
	if (err == -ENOENT)
		return transaction_fail(t, OVERRIDE_NO_RULE, err);
	if (err == -EEXIST)
		return transaction_fail(t, OVERRIDE_LINKED_RULE, err);
	return err < 0 ? transaction_fail_step(t, err) : 0;
}

/* --- the devices --- */

int rule_change_begin(struct transaction *t)
{
	struct override_failure *failure = t->call->failure;

	util_format(failure->rule, sizeof(failure->rule), "%s",
		t->call->request->sources->change->name);
	return is_rule(t) ? begin_rule(t) : transaction_begin(t);
}

/* Whether the override is still the one that a rule has set. If it was cleared and there is no
 * driver, a call was killed before it probed the native one. */
static bool is_ruled(const struct transaction *t)
{
	if (t->entry.by != JOURNAL_RULE)
		return false;
	if (!t->before.override[0])
		return !t->before.driver[0];
	return streq(t->entry.override, t->before.override);
}

/* The course to take with a device once the rule is changed. */
enum course {
	STAY,
	BIND,
	GIVE_BACK,
};

/* Return: enum course, or -errno after transaction_fail() */
static int find_course(struct transaction *t)
{
	int err = load_find_wanted(t);

	if (err == -ENOENT)
		return is_ruled(t) ? GIVE_BACK : STAY;
	if (err < 0)
		return load_fail_wanted(t, err);
	return t->wanted.by == WANTED_RULE ? BIND : STAY;
}

static bool is_where_wanted(const struct transaction *t)
{
	const char *bound = t->before.driver;

	return bound[0] && wanted_is_bound(&t->wanted, t->dev, bound);
}

int rule_change_allow(struct transaction *t)
{
	int course = is_rule(t) ? STAY : find_course(t);

	switch (course) {
	case BIND:
		return is_where_wanted(t) ? 0 : transaction_check_use(t);
	case GIVE_BACK:
		return unset_allow(t);
	default:
		return course;
	}
}

int rule_change_apply(struct transaction *t)
{
	int course = is_rule(t) ? STAY : find_course(t);

	switch (course) {
	case BIND:
		if (t->wanted.best)
			return best_place(t);
		return rebind_to(t, t->wanted.driver, t->wanted.module, POLICY_FIXED);
	case GIVE_BACK:
		return unset_give_back(t);
	default:
		return course;
	}
}
