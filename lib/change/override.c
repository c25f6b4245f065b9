/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The verbs: which steps make up each of them, and the one loop that runs them. The other steps are
 * in load.c, unset.c, rebind.c and transaction.c.
 */
#include "change/best.h"
#include "change/load.h"
#include "change/rule_change.h"
#include "change/unset.h"

#include "store/policy.h"
#include "vfio/variant.h"

#include <errno.h>

/* --- set --- */

/* Return: a name, or NULL if the bus has no generic VFIO driver. */
static const char *wanted_driver(const struct transaction *t)
{
	const char *driver = t->call->request->driver;

	return driver[0] ? driver : variant_generic(t->dev->bus);
}

/* Before any device is touched, or a module loaded. A driver that is bound already stays bound. A
 * device without one may be in use all the same: by its group, or because it is being unbound. */
static int allow_set(struct transaction *t)
{
	const char *driver = wanted_driver(t);
	const char *bound = t->before.driver;

	if (!driver)
		return transaction_fail(t, OVERRIDE_NO_VARIANT, -EOPNOTSUPP);
	if (driver_is_vfio(driver) && device_is_pci_bridge(t->dev))
		return transaction_fail(t, OVERRIDE_BRIDGE, -EINVAL);
	if (bound[0] && !streq(driver, OVERRIDE_NONE) && driver_is(t->dev->bus, bound, driver))
		return 0;
	return transaction_check_use(t);
}

static int allow_set_best(struct transaction *t)
{
	if (device_is_pci_bridge(t->dev))
		return transaction_fail(t, OVERRIDE_BRIDGE, -EINVAL);
	if (t->before.driver[0] && device_is_vfio(t->dev, t->before.driver))
		return 0;
	return transaction_check_use(t);
}

static int set(struct transaction *t)
{
	return rebind_to(t, wanted_driver(t), NULL, POLICY_FIXED);
}

/* --- the table and the loop --- */

#define STEPS_MAX 3

typedef int (*step_fn)(struct transaction *t);

/* Each step is made for all devices before the next one begins. */
static const struct {
	bool by_hand;
	step_fn steps[STEPS_MAX];
} verbs[] = {
	[OVERRIDE_SET] = { true, { transaction_begin, allow_set, set } },
	[OVERRIDE_SET_BEST] = { true, { transaction_begin, allow_set_best, best_place } },
	[OVERRIDE_UNSET] = { true, { unset_begin, unset_allow, unset } },
	[OVERRIDE_LOAD] = { false, { transaction_begin, load } },
	[OVERRIDE_LOAD_ADDED] = { false, { transaction_begin, load_added } },
	[OVERRIDE_LOAD_EARLY] = { false, { transaction_begin, load_early } },
	[OVERRIDE_LOAD_AGAIN] = { false, { transaction_begin, load_again } },
	[OVERRIDE_TAKE_BACK] = { false, { transaction_begin, load_take_back } },
	[OVERRIDE_TAKE_BACK_RULED] = { false, { transaction_begin, load_take_back } },
	[OVERRIDE_SET_RULE] = { false,
		{ rule_change_begin, rule_change_allow, rule_change_apply } },
};

bool override_by_hand(enum override_verb verb)
{
	return verbs[verb].by_hand;
}

void override_run(const struct override_request *request, const struct device *devices, size_t n,
	struct supervise *s, struct override_failure *ret_failure, struct override_end *ret_ends)
{
	CLEANUP_FREE struct transaction *all = calloc(n, sizeof(*all));
	const struct call call = { .request = request, .n = n, .s = s, .failure = ret_failure };
	const step_fn *steps = verbs[request->verb].steps;

	*ret_failure = (struct override_failure){ 0 };
	memset(ret_ends, 0, n * sizeof(*ret_ends));
	if (!all) {
		ret_failure->cause = OVERRIDE_STEP_FAILED;
		ret_failure->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < n; i++)
		all[i] = transaction_new(&call, &devices[i], i, &ret_ends[i]);
	for (size_t step = 0; step < STEPS_MAX && steps[step]; step++)
		for (size_t i = 0; i < n; i++)
			if (steps[step](&all[i]) < 0)
				goto end;
	transaction_finish(all, n);
end:
	/* The last one first, because it was changed last. */
	for (size_t i = n; i-- > 0;)
		transaction_end(&all[i]);
}
