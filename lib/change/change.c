/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A call: all of its devices are begun, decided and changed, and then all of it counts, or none. */
#include "change/change.h"

#include "change/best.h"
#include "change/decide.h"
#include "change/execute.h"
#include "change/note.h"
#include "change/transaction.h"

#include "store/policy.h"

#include <errno.h>

/*
 * After a load has failed: if the kernel does not know the driver, the native one is better than
 * none; a driver that refuses the device leaves it to no other.
 */
static void end_failed_load(struct transaction *t)
{
	const struct override_failure *failure = t->call->failure;
	enum override_cause cause = failure->cause;

	if (override_by_hand(t->call->request->verb) || t->plan.course != PLAN_GIVE ||
		!transaction_changes_device(t))
		return;
	if (cause == OVERRIDE_NO_VARIANT_BOUND)
		cause = failure->last_cause;
	if (best_is_missing(cause) || cause == OVERRIDE_NO_VARIANT) {
		if (t->is_kept_off)
			execute_native(t);
	} else if (best_is_refusing(cause) || failure->cause == OVERRIDE_NO_VARIANT_BOUND) {
		if (t->end->outcome == OVERRIDE_UNKNOWN)
			transaction_keep(t);
	}
}

/* What was set for another device is a failure all the same. */
static int end_take_back(struct transaction *t)
{
	bool changed = t->end->outcome == OVERRIDE_UNKNOWN;

	if (t->target_error != -ESTALE)
		return 0;
	if (changed)
		transaction_keep(t);
	return transaction_fail(t, OVERRIDE_OTHER_DEVICE, -ESTALE);
}

void change_run(const struct override_request *request, const struct device *devices, size_t n,
	struct supervise *s, struct override_failure *ret_failure, struct override_end *ret_ends)
{
	CLEANUP_FREE struct transaction *all = calloc(n, sizeof(*all));
	const struct call call = { .request = request, .n = n, .s = s, .failure = ret_failure };

	*ret_failure = (struct override_failure){ 0 };
	memset(ret_ends, 0, n * sizeof(*ret_ends));
	if (!all) {
		ret_failure->cause = OVERRIDE_STEP_FAILED;
		ret_failure->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < n; i++)
		all[i] = transaction_new(&call, &devices[i], i, &ret_ends[i]);
	/* Each step is made for all devices before the next one begins. */
	for (size_t i = 0; i < n; i++)
		if (transaction_begin(&all[i]) < 0)
			goto end;
	for (size_t i = 0; i < n; i++)
		if (decide_target(&all[i]) < 0 || decide_plan(&all[i]) < 0)
			goto end;
	if (!request->asked && decide_use(all, n, NULL, NULL) < 0)
		goto end;
	for (size_t i = 0; i < n; i++) {
		struct transaction *t = &all[i];
		bool ranked = t->plan.course == PLAN_GIVE && t->target.best;

		t->choice.given = t->target.driver;
		t->choice.module = t->target.module;
		t->choice.choose = POLICY_FIXED;
		if ((ranked ? best_execute(t) : execute(t)) < 0) {
			end_failed_load(t);
			goto end;
		}
		if (t->takes_back && end_take_back(t) < 0)
			goto end;
	}
	transaction_finish(all, n);
end:
	/* The last one first, because it was changed last. */
	for (size_t i = n; i-- > 0;) {
		if (ret_failure->cause == OVERRIDE_OK)
			note_end(&all[i]);
		transaction_end(&all[i]);
	}
}

/* Who gets the refusals. */
struct look {
	change_refused_fn fn;
	void *userdata;
};

static void refuse(struct transaction *t, void *userdata)
{
	const struct look *look = userdata;

	t->end->state = t->before;
	look->fn(t->dev, t->call->failure, t->end, look->userdata);
}

int change_look(const struct override_request *request, const struct device *devices, size_t n,
	struct supervise *s, change_refused_fn fn, void *userdata)
{
	CLEANUP_FREE struct transaction *all = calloc(n, sizeof(*all));
	CLEANUP_FREE struct override_end *ends = calloc(n, sizeof(*ends));
	struct override_failure failure = { 0 };
	const struct call call = { .request = request, .n = n, .s = s, .failure = &failure };
	struct look look = { fn, userdata };

	if (!all || !ends)
		return n ? -ENOMEM : 0;
	for (size_t i = 0; i < n; i++) {
		struct transaction *t = &all[i];

		/* For who watches, all of them are one thing. */
		*t = transaction_new(&call, &devices[i], 0, &ends[i]);
		/* What fails for another reason is for the change to report. */
		if (transaction_begin(t) < 0 || decide_target(t) < 0 || decide_plan(t) < 0)
			t->plan = (struct plan){ 0 };
		if (t->plan.course != PLAN_GIVE || !t->target.best || !t->facts.on_target)
			continue;
		/* Another VFIO driver than those of the ranking. */
		t->facts.on_target = !best_would_move(t);
		plan_make(&t->facts, &t->plan);
	}
	decide_use(all, n, refuse, &look);
	return 0;
}
