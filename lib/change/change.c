/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A call: all of its devices are begun, decided and changed, and then all of it counts, or none. */
#include "change/change.h"

#include "change/best.h"
#include "change/decide.h"
#include "change/execute.h"
#include "change/note.h"
#include "change/transaction.h"

#include "kernel/binding.h"
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

	if (cause == OVERRIDE_NO_VARIANT_BOUND)
		cause = failure->last_cause;
	if (best_is_missing(cause) || cause == OVERRIDE_NO_VARIANT) {
		if (!t->is_kept_off)
			return;
		transaction_keep(t);
		if (binding_write_override(t->dev, "") == 0 && binding_is(t->dev, ""))
			binding_probe_native(t->dev);
	} else if (best_is_refusing(cause) || failure->cause == OVERRIDE_NO_VARIANT_BOUND) {
		if (t->end->outcome == OVERRIDE_UNKNOWN)
			transaction_keep(t);
	}
}

/* What was set for another device is a failure all the same. */
static int end_take_back(struct transaction *t)
{
	bool changed = t->end->outcome == OVERRIDE_UNKNOWN;

	if (changed)
		memcpy(t->end->taken_back, t->entry.override, sizeof(t->entry.override));
	if (t->target_error != -ESTALE)
		return 0;
	if (changed)
		transaction_keep(t);
	return transaction_fail(t, OVERRIDE_OTHER_DEVICE, -ESTALE);
}

static int change(struct transaction *t)
{
	const struct execute_driver driver = {
		.given = t->target.driver, .module = t->target.module, .choose = POLICY_FIXED
	};
	int err;

	if (t->plan.course != PLAN_GIVE) {
		err = execute(t, NULL);
		return err < 0 || !t->takes_back ? err : end_take_back(t);
	}
	err = t->target.best ? best_execute(t) : execute(t, &driver);
	if (err < 0 && !override_by_hand(t->call->request->verb) && transaction_changes_device(t))
		end_failed_load(t);
	return err;
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
	for (size_t i = 0; i < n; i++)
		if (change(&all[i]) < 0)
			goto end;
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
	struct override_request dry_run = *request;
	struct override_failure failure = { 0 };
	const struct call call = { .request = &dry_run, .n = n, .s = s, .failure = &failure };
	struct look look = { fn, userdata };

	if (n == 0)
		return 0;
	if (!all || !ends)
		return -ENOMEM;
	dry_run.dry_run = true;
	for (size_t i = 0; i < n; i++) {
		struct transaction *t = &all[i];

		*t = transaction_new(&call, &devices[i], i, &ends[i]);
		/* What fails for another reason is for the change to report. */
		if (transaction_begin(t) < 0 || decide_target(t) < 0 || decide_plan(t) < 0)
			t->plan = (struct plan){ 0 };
	}
	decide_use(all, n, refuse, &look);
	return 0;
}
