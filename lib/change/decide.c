/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is wanted for a device, and what its plan goes by. */
#include "change/decide.h"

#include "change/transaction.h"
#include "kernel/pci.h"
#include "vfio/variant.h"
#include "store/target.h"
#include "store/config.h"

#include <errno.h>

/* A device that loses its driver later than this was unbound on purpose. */
#define AGAIN_MS 10000

/* --- what is wanted --- */

static int read_wanted(struct transaction *t)
{
	const struct override_request *request = t->call->request;
	int err = transaction_step(t, OVERRIDE_READ_STORE, "");

	if (err < 0)
		return err;
	err = target_wait(t->dev, request->sources, request->deadline_ms, &t->target);
	if (t->target.by == TARGET_RULE)
		memcpy(t->call->failure->rule, t->target.rule, sizeof(t->target.rule));
	if (err == -ESTALE && (request->force || !request->config->identity))
		return 0;
	return err;
}

static int fail_wanted(struct transaction *t, int err)
{
	switch (err) {
	case -ENODEV:
		return transaction_fail(t, OVERRIDE_ABSENT, err);
	case -ENOENT:
		return transaction_fail(t, OVERRIDE_NOTHING_SAVED, err);
	case -EBADMSG:
		return transaction_fail(t, OVERRIDE_BAD_STORE, err);
	case -ESTALE:
		return transaction_fail(t, OVERRIDE_OTHER_DEVICE, err);
	case -EAGAIN:
		return transaction_fail_expired(t);
	default:
		return transaction_fail_step(t, err);
	}
}

/* What the call itself wants. */
static int take_target(struct transaction *t)
{
	const struct override_request *request = t->call->request;
	const char *generic = variant_generic(t->dev->bus);

	t->target.best = request->best;
	if (request->best)
		return 0;
	if (!request->driver[0] && !generic)
		return transaction_fail(t, OVERRIDE_NO_VARIANT, -EOPNOTSUPP);
	util_format(t->target.driver, sizeof(t->target.driver), "%s",
		request->driver[0] ? request->driver : generic);
	return 0;
}

/* What is wanted for the device. */
static int find_target(struct transaction *t)
{
	int err = read_wanted(t);

	/* The rules may have been read before the lock was taken, and changed since. */
	if (t->target.by == TARGET_RULE && !t->call->request->dry_run) {
		target_free(t->call->request->sources);
		err = read_wanted(t);
	}
	t->target_error = err;
	if (err == 0 || t->call->failure->cause != OVERRIDE_OK)
		return err;
	return t->call->request->takes_back ? 0 : fail_wanted(t, err);
}

/* A load has bound the device a moment ago, and its driver has left it. Another driver, a cleared
 * override and one of another tool are somebody's decision. */
static bool has_just_lost(const struct transaction *t)
{
	const struct journal *last = &t->entry;

	return journal_has_loaded(last) && util_now_ms() - last->ms <= AGAIN_MS &&
	       !t->before.driver[0] && streq(t->before.override, last->driver);
}

/* An event whose answer the journal has asks for nothing more: it may come for any device. */
static bool is_answered(const struct transaction *t)
{
	if (t->call->request->verb == OVERRIDE_LOAD_AGAIN)
		return !has_just_lost(t);
	return t->call->request->verb == OVERRIDE_LOAD_ADDED && t->entry.by == JOURNAL_HAND_NOSAVE;
}

int decide_target(struct transaction *t)
{
	switch (t->call->request->verb) {
	case OVERRIDE_UNSET:
		return 0;
	case OVERRIDE_SET:
		return take_target(t);
	default:
		return is_answered(t) ? 0 : find_target(t);
	}
}

/* --- what is known of the device --- */

/* Without an override, new_id or another tool has given the device to the generic VFIO driver. */
static bool is_grabbed(const struct transaction *t)
{
	const char *generic = variant_generic_driver(t->dev->bus);

	if (t->before.override[0] || !generic || t->call->request->verb != OVERRIDE_UNSET)
		return false;
	return driver_is(t->dev->bus, t->before.driver, generic);
}

/*
 * The driver_override that keeps every other driver off until the device is loaded. If none has
 * been chosen yet, that is the generic driver's module, which is ranked in any case. Return: "" if
 * there is none.
 */
static const char *early_driver(const struct transaction *t)
{
	const char *generic = variant_generic(t->dev->bus);

	if (t->target.driver[0])
		return t->target.driver;
	return t->target.best && generic ? generic : "";
}

/*
 * Whether an initramfs that is older than the store, or a rule that was removed since, has set an
 * override which nobody wants any more. That of a rule which may be one that is excluded stays
 * until the error is mended.
 */
static int find_stale(struct transaction *t, struct plan_facts *f)
{
	const struct override_request *request = t->call->request;
	bool early = request->verb == OVERRIDE_LOAD_EARLY;
	const struct journal *last = &t->entry;

	if (!request->takes_back || t->target_error == 0)
		return 0;
	if (t->target_error != -ESTALE && t->target_error != -ENOENT)
		return fail_wanted(t, t->target_error);
	f->stale = !journal_is_by_hand(last) && last->override[0] &&
		   (early ? last->how == JOURNAL_EARLY : last->by == JOURNAL_RULE);
	if (last->by == JOURNAL_RULE && rules_may_have(&request->sources->rules, last->rule))
		f->stale = false;
	/* A saved override that was removed meanwhile is no failure; a link to nothing is. */
	if (!f->stale && t->target_error == -ENOENT && !saved_has(t->key))
		return 0;
	if (!f->stale)
		return fail_wanted(t, t->target_error);
	t->takes_back = true;
	memcpy(t->end->taken_back, last->override, sizeof(last->override));
	f->override_is_stale = !t->before.override[0] || streq(t->before.override, last->override);
	return 0;
}

int decide_plan(struct transaction *t)
{
	const struct override_request *request = t->call->request;
	struct plan_facts f = { .verb = request->verb,
		.force = request->force,
		.save = override_by_hand(request->verb) && request->save,
		.save_only = request->save_only,
		.probe = request->probe,
		.takes_back = request->takes_back,
		.present = t->dev->path[0],
		.has_driver = t->before.driver[0],
		.wanted = t->target_error == 0,
		.by_rule = t->target.by == TARGET_RULE,
		.none = streq(t->target.driver, DRIVER_NONE),
		.on_target = target_in_effect(&t->target, t->dev, t->before.driver, NULL),
		.alone = t->call->n == 1 && transaction_changes_device(t) };
	const char *override = early_driver(t);
	int err;

	if (!f.present) {
		plan_make(&f, &t->plan);
		return 0;
	}
	f.vfio = t->target.best || driver_is_vfio(override);
	f.bridge = f.vfio && pci_leads_to_devices(t->dev);
	f.held = t->before.driver[0] &&
		 (streq(t->before.driver, t->before.override) || is_grabbed(t));
	t->is_kept_off = util_same_name(t->before.override, override);
	f.override_is_ours = !*override || streq(t->before.override, override);
	f.is_grabbed_id = streq(t->dev->bus, "pci") && (streq(t->before.override, "vfio-pci") ||
							       streq(t->before.driver, "vfio-pci"));
	if (t->entry.by == JOURNAL_HAND)
		f.last = PLAN_BY_HAND;
	else if (t->entry.by == JOURNAL_HAND_NOSAVE)
		f.last = PLAN_NOSAVE;
	f.just_lost = has_just_lost(t);
	err = find_stale(t, &f);
	if (err < 0)
		return err;
	t->facts = f;
	plan_make(&f, &t->plan);
	if (t->plan.refusal == PLAN_REFUSE_BRIDGE)
		return transaction_fail(t, OVERRIDE_BRIDGE, -EINVAL);
	if (t->plan.course == PLAN_KEEP_OFF)
		util_format(t->driver.name, sizeof(t->driver.name), "%s", override);
	return 0;
}

/* Looks into the processes once for all of them. */
static int find_uses(struct transaction *const *asking, size_t n, struct uses *ret)
{
	CLEANUP_FREE struct device *devices = calloc(n, sizeof(*devices));

	if (!devices)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		devices[i] = *asking[i]->dev;
	return use_gather(devices, n, transaction_caller(asking[0]), 0, ret);
}

int decide_use(struct transaction *all, size_t n, decide_refused_fn refused, void *userdata)
{
	CLEANUP_FREE struct transaction **asking = calloc(n, sizeof(*asking));
	CLEANUP_FREE struct uses *uses = calloc(n, sizeof(*uses));
	size_t n_asking = 0;
	int err = 0, first = 0;

	if (!asking || !uses)
		return transaction_fail_step(&all[0], -ENOMEM);
	for (size_t i = 0; i < n; i++)
		if (all[i].plan.asks_use)
			asking[n_asking++] = &all[i];
	if (n_asking == 0)
		return 0;
	err = transaction_step(asking[0], OVERRIDE_CHECK, "");
	if (err < 0)
		return err;
	err = find_uses(asking, n_asking, uses);
	if (err == -ENOMEM)
		return transaction_fail_step(asking[0], err);
	for (size_t i = 0; i < n_asking; i++) {
		struct transaction *t = asking[i];

		err = first < 0 && !refused ? 0 : transaction_judge(t, &uses[i], uses[i].error);
		if (err < 0 && refused)
			refused(t, userdata);
		if (first == 0)
			first = err;
		t->facts.use = err < 0 ? PLAN_IN_USE : PLAN_FREE;
		plan_make(&t->facts, &t->plan);
		uses_free(&uses[i]);
	}
	return first;
}
