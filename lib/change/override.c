/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which steps make up a set, an unset and a load. The steps themselves, and why they come in this
 * order, are in transaction.c.
 */
#include "change/override.h"

#include "kernel/binding.h"
#include "store/early.h"
#include "store/saved.h"
#include "vfio/table.h"

#include <errno.h>

#define VFIO_PCI "vfio-pci"

/* --- by rank --- */

static bool names_driver(const struct transaction *t, const struct variant_ranking *ranking)
{
	for (size_t i = 0; i < ranking->n_variants; i++)
		if (driver_is(t->dev->bus, t->before.driver, ranking->variants[i].module))
			return true;
	return false;
}

/* A VFIO device whose driver no ranking knows (a vGPU, say) was made one by somebody who knew. */
static bool is_foreign_vfio(const struct transaction *t, const struct variant_ranking *ranking)
{
	char path[PATH_MAX];

	return t->before.driver[0] &&
	       util_format(path, sizeof(path), "%s/vfio-dev", t->dev->path) == 0 &&
	       sysfs_exists(path) && !names_driver(t, ranking);
}

static int rank(struct transaction *t, struct variant_ranking *ret)
{
	const struct config *config = t->request->config;
	int err = transaction_step(t, OVERRIDE_RANK, "");

	if (err < 0)
		return err;
	err = table_rank_device(t->dev, config->deny, config->n_deny, ret);
	if (err < 0)
		return transaction_fail(t, OVERRIDE_FAILED, OVERRIDE_NO_VARIANT, err);
	if (ret->best < 0)
		return transaction_fail(t, OVERRIDE_FAILED, OVERRIDE_NO_VARIANT, -ENOENT);
	if (!t->request->force && is_foreign_vfio(t, ret))
		return transaction_fail(t, OVERRIDE_REFUSED, OVERRIDE_FOREIGN_VFIO, -EBUSY);
	return 0;
}

static int try_variant(struct transaction *t, const struct variant *variant, bool save)
{
	struct driver driver;
	int err = transaction_find_driver(t, variant->module, variant->module, &driver);

	if (err == 0 && !streq(t->before.driver, driver.name))
		err = transaction_check_use(t);
	if (err == 0 && save)
		err = transaction_prepare_store(t, &driver, POLICY_BEST_VFIO);
	return err < 0 ? err : transaction_apply(t, &driver);
}

/* Whether the next candidate may do better: this one did not load, or did not bind. */
static bool is_variants_fault(const struct override_result *result)
{
	return result->reason == OVERRIDE_DRIVER || result->outcome == OVERRIDE_NOT_BOUND ||
	       (result->reason == OVERRIDE_BY_ERRNO && result->step == OVERRIDE_FIND_DRIVER);
}

static void pass_over(struct override_result *result, const char *module, int error)
{
	size_t n = result->n_passed_over;

	if (n == OVERRIDE_PASSED_MAX)
		return;
	util_format(result->passed_over[n].module, SYSFS_NAME_MAX, "%s", module);
	result->passed_over[n].error = error;
	result->n_passed_over++;
}

/* Down the ranking, to the first that binds. */
static int apply_best(struct transaction *t, bool save)
{
	CLEANUP(variant_ranking_free) struct variant_ranking ranking = { 0 };
	struct override_result *result = t->result;
	const struct variant *best;
	int err = rank(t, &ranking);

	if (err < 0)
		return err;
	best = &ranking.variants[ranking.best];
	/* Before a module is loaded, unless the driver is the right one already. */
	if (!t->before.driver[0] || !driver_is(t->dev->bus, t->before.driver, best->module))
		err = transaction_check_use(t);
	if (err < 0)
		return err;
	for (size_t i = (size_t)ranking.best; i < ranking.n_variants; i++) {
		const struct variant *variant = &ranking.variants[i];

		if (variant->reason != VARIANT_USABLE)
			continue;
		transaction_go_on(t);
		err = try_variant(t, variant, save);
		if (err == 0 || !is_variants_fault(result))
			return err;
		pass_over(result, variant->module, err);
		if (!t->request->config->fallback)
			break;
	}
	result->outcome = OVERRIDE_NOT_BOUND;
	return err;
}

/* --- set --- */

static int apply_named(struct transaction *t)
{
	struct driver driver;
	int err = transaction_find_driver(t, t->request->driver, NULL, &driver);

	/* The name may mean another driver after all: one is called as the other's module. */
	if (err == 0 && !streq(t->before.driver, driver.name))
		err = transaction_check_use(t);
	if (err == 0 && t->request->save)
		err = transaction_prepare_store(t, &driver, POLICY_FIXED);
	return err < 0 ? err : transaction_apply(t, &driver);
}

/* Before any device is touched, or a module loaded. A driver that is bound already stays bound; a
 * device without one may be in use all the same: its group, or it is just being unbound. */
static int allow_set(struct transaction *t)
{
	const struct override_request *request = t->request;
	const char *bound = t->before.driver;
	char path[PATH_MAX];

	if (bound[0] && request->best_vfio &&
		util_format(path, sizeof(path), "%s/vfio-dev", t->dev->path) == 0 &&
		sysfs_exists(path))
		return 0;
	if (bound[0] && !request->best_vfio && !streq(request->driver, OVERRIDE_NONE) &&
		driver_is(t->dev->bus, bound, request->driver))
		return 0;
	return transaction_check_use(t);
}

static int set(struct transaction *t)
{
	return t->request->best_vfio ? apply_best(t, t->request->save) : apply_named(t);
}

/* --- unset --- */

/* An absent device may have a saved override to remove. */
static int begin_unset(struct transaction *t)
{
	int err;

	if (t->dev->path[0] || !t->request->save)
		return transaction_begin(t);
	err = transaction_prepare_removal(t);
	if (err < 0)
		return err;
	if (t->store.kind != PENDING_REMOVAL)
		return transaction_fail(t, OVERRIDE_NO_DEVICE, OVERRIDE_ABSENT, -ENODEV);
	return transaction_lock(t);
}

/* A native driver that is bound in spite of an override is not taken away. */
static bool holds(const struct transaction *t)
{
	return t->before.driver[0] && streq(t->before.driver, t->before.override);
}

static int allow_unset(struct transaction *t)
{
	return t->dev->path[0] && (holds(t) || !t->before.driver[0]) ? transaction_check_use(t) : 0;
}

/*
 * Clear the override, and probe where that leaves no driver. The driver goes first: it is by the
 * override that the next call would know it, were this one killed in between.
 */
static int give_back(struct transaction *t)
{
	bool held = holds(t);
	int err = allow_unset(t);

	if (err == 0 && t->request->save)
		err = transaction_prepare_removal(t);
	if (err == 0 && held)
		err = transaction_unbind(t, t->before.driver);
	if (err == 0)
		err = transaction_change(t, "", held ? "" : t->before.driver);
	if (err < 0)
		return err;
	if (streq(t->before.override, VFIO_PCI) && streq(t->dev->bus, "pci"))
		binding_forget_vfio_id(t->dev);
	return t->request->probe ? transaction_probe(t) : 0;
}

static int unset(struct transaction *t)
{
	char key[DEVICE_KEY_MAX];
	int err = t->dev->path[0] ? give_back(t) : 0;

	/* A record that cannot be written matters to the early step only, should it run again. */
	device_key(t->dev, key);
	if (err == 0)
		early_note(key, "");
	return err;
}

/* --- load --- */

/* The driver is not to be had: the native one is better than none. */
static void load_native(struct transaction *t, const char *saved)
{
	if (!util_same_name(t->before.override, saved))
		return;
	t->result->touched = true;
	t->result->kept = true;
	if (binding_write_override(t->dev, "") == 0 && binding_is(t->dev, ""))
		binding_probe_native(t->dev);
}

static int apply_saved(struct transaction *t, const char *saved, const struct policy *policy)
{
	struct driver driver;
	int err = transaction_find_driver(
		t, saved, policy->module[0] ? policy->module : NULL, &driver);

	if (err == 0 && !streq(t->before.driver, driver.name))
		err = transaction_check_use(t);
	return err < 0 ? err : transaction_apply(t, &driver);
}

/* No other driver can bind from here on; the rest waits for udev, and for the modules. A device
 * that is on its overridden driver already has nothing to be kept from. */
static int load_early(struct transaction *t, const char *saved)
{
	const struct device_state *before = &t->before;
	char key[DEVICE_KEY_MAX];
	int err;

	if (before->override[0] &&
		(streq(before->override, saved) || streq(before->override, before->driver)))
		return 0;
	err = transaction_step(t, OVERRIDE_RECORD, "");
	if (err < 0)
		return err;
	device_key(t->dev, key);
	err = early_note(key, saved);
	if (err < 0)
		return transaction_fail_errno(t, err);
	return transaction_write(t, saved);
}

static int load(struct transaction *t)
{
	char saved[SYSFS_NAME_MAX];
	struct policy policy;
	int err = transaction_step(t, OVERRIDE_READ_STORE, "");

	if (err < 0)
		return err;
	err = saved_read(t->dev, saved, &policy);
	if (err == -ENODEV)
		return transaction_fail(t, OVERRIDE_NO_DEVICE, OVERRIDE_ABSENT, err);
	if (err == -ENOENT)
		return transaction_fail(t, OVERRIDE_FAILED, OVERRIDE_NOTHING_SAVED, err);
	if (err == -EBADMSG)
		return transaction_fail(t, OVERRIDE_FAILED, OVERRIDE_BAD_STORE, err);
	if (err == -ESTALE && t->request->config->identity && !t->request->force)
		return transaction_fail(t, OVERRIDE_REFUSED, OVERRIDE_OTHER_DEVICE, err);
	if (err < 0 && err != -ESTALE)
		return transaction_fail_errno(t, err);
	if (t->request->early)
		return load_early(t, saved);
	/* A cleared override is somebody's decision, and so is another driver. */
	if (t->request->unbound && (t->before.driver[0] || !t->before.override[0]))
		return 0;
	/* /etc may be read-only, or a copy in an initramfs: a load never writes there. */
	if (streq(policy.choose, POLICY_BEST_VFIO))
		err = apply_best(t, false);
	else
		err = apply_saved(t, saved, &policy);
	if (err < 0 &&
		(t->result->reason == OVERRIDE_DRIVER || t->result->reason == OVERRIDE_NO_VARIANT))
		load_native(t, saved);
	/* A driver that refuses the device leaves it to no other. */
	else if (err < 0 && t->result->outcome == OVERRIDE_NOT_BOUND)
		t->result->kept = true;
	return err;
}

/* --- what a stale initramfs applied --- */

static int take_back(struct transaction *t)
{
	char saved[SYSFS_NAME_MAX], key[DEVICE_KEY_MAX];
	struct policy policy;
	int err = transaction_step(t, OVERRIDE_READ_STORE, "");

	if (err < 0)
		return err;
	err = saved_read(t->dev, saved, &policy);
	if (err == -ENODEV)
		return transaction_fail(t, OVERRIDE_NO_DEVICE, OVERRIDE_ABSENT, err);
	if (err == 0 || err == -EBADMSG || (err == -ESTALE && !t->request->config->identity))
		return 0;
	if (err != -ENOENT && err != -ESTALE)
		return transaction_fail_errno(t, err);
	/* It is cleared already where a call was killed before it probed. */
	err = 0;
	if (!t->before.override[0] || streq(t->before.override, t->request->driver))
		err = give_back(t);
	if (err == 0)
		err = transaction_step(t, OVERRIDE_RECORD, "");
	if (err < 0)
		return err;
	device_key(t->dev, key);
	err = early_note(key, "");
	return err < 0 ? transaction_fail_errno(t, err) : 0;
}

/* --- all of it --- */

typedef int (*step_fn)(struct transaction *t);

/* @allow: NULL where it is no call by hand; @at: the one that failed */
static int run_steps(
	step_fn begin, step_fn allow, step_fn apply, struct transaction *all, size_t n, size_t *at)
{
	int err;

	for (*at = 0; *at < n; ++*at) {
		err = begin(&all[*at]);
		if (err < 0)
			return err;
	}
	for (*at = 0; allow && *at < n; ++*at) {
		err = allow(&all[*at]);
		if (err < 0)
			return err;
	}
	for (*at = 0; *at < n; ++*at) {
		err = apply(&all[*at]);
		if (err < 0)
			return err;
	}
	return transaction_finish(all, n, at);
}

static void run(step_fn begin, step_fn allow, step_fn apply,
	const struct override_request *requests, size_t n, struct bounded *b,
	struct override_result *results)
{
	CLEANUP_FREE struct transaction *all = calloc(n, sizeof(*all));
	size_t at = 0;
	int err = -ENOMEM;

	for (size_t i = 0; i < n; i++) {
		results[i] = (struct override_result){ .outcome = OVERRIDE_FAILED, .error = err };
		if (all)
			all[i] = transaction_new(&requests[i], i, allow != NULL, b, &results[i]);
	}
	if (!all)
		return;
	err = run_steps(begin, allow, apply, all, n, &at);
	/* The last one first, as it was changed last. */
	for (size_t i = n; i-- > 0;) {
		if (err < 0 && i != at)
			transaction_fail(&all[i], results[at].outcome, OVERRIDE_BY_MEMBER,
				results[at].error);
		transaction_end(&all[i], err);
	}
}

void override_set(const struct override_request *requests, size_t n, struct bounded *b,
	struct override_result *results)
{
	run(transaction_begin, allow_set, set, requests, n, b, results);
}

void override_unset(const struct override_request *requests, size_t n, struct bounded *b,
	struct override_result *results)
{
	run(begin_unset, allow_unset, unset, requests, n, b, results);
}

void override_load(const struct override_request *requests, size_t n, struct bounded *b,
	struct override_result *results)
{
	run(transaction_begin, NULL, load, requests, n, b, results);
}

void override_take_back(const struct override_request *requests, size_t n, struct bounded *b,
	struct override_result *results)
{
	run(transaction_begin, NULL, take_back, requests, n, b, results);
}
