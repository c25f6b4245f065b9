/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Goes down the ranking of the VFIO drivers for a device. The ranking itself is in lib/vfio. */
#include "change/best.h"

#include "change/execute.h"
#include "change/transaction.h"
#include "kernel/driver.h"
#include "kernel/module.h"
#include "store/policy.h"
#include "vfio/table.h"
#include "store/config.h"
#include "base/supervise.h"

#include <errno.h>

bool best_is_missing(enum override_cause cause)
{
	switch (cause) {
	case OVERRIDE_NO_DRIVER:
	case OVERRIDE_NOT_LOADED:
	case OVERRIDE_NOT_ON_BUS:
	case OVERRIDE_SEVERAL_DRIVERS:
		return true;
	default:
		return false;
	}
}

bool best_is_refusing(enum override_cause cause)
{
	return cause == OVERRIDE_DRIVER_REFUSED || cause == OVERRIDE_NO_IOMMU ||
	       cause == OVERRIDE_WRONG_DRIVER;
}

/* Whether the device has a driver of the ranking from @first on. */
static bool is_ranked(const struct transaction *t, const struct variant_ranking *ranking,
	size_t first, bool usable)
{
	for (size_t i = first; i < ranking->n_variants; i++) {
		const struct variant *variant = &ranking->variants[i];

		if (usable && variant->reason != VARIANT_USABLE)
			continue;
		if (driver_is(t->dev->bus, t->before.driver, variant->module))
			return true;
	}
	return false;
}

static bool is_coming(const struct variant_ranking *ranking)
{
	for (size_t i = 0; i < ranking->n_variants; i++)
		if (module_is_coming(ranking->variants[i].module))
			return true;
	return false;
}

/*
 * Whether somebody has made this a VFIO device on purpose, for example a vGPU. While a module of
 * the ranking is being loaded, the driver may be its own.
 */
static bool is_foreign_vfio(const struct transaction *t, const struct variant_ranking *ranking)
{
	if (!t->before.driver[0] || !device_is_vfio(t->dev, t->before.driver))
		return false;
	while (is_coming(ranking) && !is_ranked(t, ranking, 0, false) &&
		!supervise_expired(t->call->s))
		util_nap(NOT_ADDED_POLL_MS);
	return !is_ranked(t, ranking, 0, false);
}

static int rank(struct transaction *t, struct variant_ranking *ret)
{
	const struct override_request *request = t->call->request;
	int err = transaction_step(t, OVERRIDE_RANK, "");

	if (err < 0)
		return err;
	err = table_rank_device(t->dev, request->config->deny, request->config->n_deny, ret);
	if (err < 0)
		return transaction_fail(t, OVERRIDE_NO_VARIANT, err);
	if (ret->best < 0)
		return transaction_fail(t, OVERRIDE_NO_VARIANT, -ENOENT);
	if (request->force || !is_foreign_vfio(t, ret))
		return 0;
	if (supervise_expired(t->call->s))
		return transaction_fail_expired(t);
	return transaction_fail(t, OVERRIDE_FOREIGN_VFIO, -EBUSY);
}

static void note_tried(
	struct override_end *end, const char *module, int error, const char *excluded)
{
	struct override_tried *tried = &end->tried[end->n_tried];

	if (end->n_tried == OVERRIDE_TRIED_MAX)
		return;
	util_format(tried->module, sizeof(tried->module), "%s", module);
	tried->error = error;
	tried->excluded = excluded;
	end->n_tried++;
}

/*
 * A load takes no driver of the ranking that works away if a better variant has been tried since
 * the host was started, or cannot be tried because the device is in use.
 */
static bool stays_fallen_back(struct transaction *t, const struct variant_ranking *ranking)
{
	if (override_by_hand(t->call->request->verb) || !t->before.driver[0])
		return false;
	if (!is_ranked(t, ranking, (size_t)ranking->best + 1, true))
		return false;
	if (t->call->request->verb == OVERRIDE_LOAD_ADDED &&
		streq(t->entry.driver, t->before.driver))
		return true;
	if (transaction_check_use(t) == 0 || t->call->failure->cause != OVERRIDE_IN_USE)
		return false;
	transaction_try_again(t);
	return true;
}

/* Whether the next variant may do better than the one that has failed. */
static bool is_fault_of_variant(const struct override_failure *failure)
{
	if (best_is_missing(failure->cause) || best_is_refusing(failure->cause))
		return true;
	return failure->cause == OVERRIDE_STEP_FAILED && failure->step == OVERRIDE_FIND_DRIVER;
}

bool best_would_move(struct transaction *t)
{
	CLEANUP(variant_ranking_free) struct variant_ranking ranking = { 0 };
	const struct config *config = t->call->request->config;

	if (!t->before.driver[0])
		return true;
	if (table_rank_device(t->dev, config->deny, config->n_deny, &ranking) < 0 ||
		ranking.best < 0)
		return false;
	/* From the best one on, it stays, or is not taken away while it is in use. */
	return !is_ranked(t, &ranking, (size_t)ranking.best, true);
}

int best_execute(struct transaction *t)
{
	CLEANUP(variant_ranking_free) struct variant_ranking ranking = { 0 };
	struct override_failure *failure = t->call->failure;
	int err = rank(t, &ranking);

	if (err < 0)
		return err;
	/* Those that would be better than the best one. */
	if (override_by_hand(t->call->request->verb))
		for (size_t i = 0; i < (size_t)ranking.best; i++)
			note_tried(t->end, ranking.variants[i].module, 0,
				variant_reason_text(ranking.variants[i].reason));
	if (stays_fallen_back(t, &ranking))
		return 0;
	for (size_t i = (size_t)ranking.best; i < ranking.n_variants; i++) {
		const struct variant *variant = &ranking.variants[i];

		if (variant->reason != VARIANT_USABLE)
			continue;
		transaction_try_again(t);
		t->choice.given = t->choice.module = variant->module;
		t->choice.choose = POLICY_BEST_VFIO;
		err = execute(t);
		if (err == 0 || !is_fault_of_variant(failure))
			return err;
		note_tried(t->end, variant->module, err, NULL);
		if (!t->call->request->config->fallback)
			break;
	}
	failure->last_cause = failure->cause;
	failure->cause = OVERRIDE_NO_VARIANT_BOUND;
	return err;
}
