/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The verbs: which steps make up each of them, and the one loop that runs them. The steps are in
 * transaction.c and rebind.c.
 */
#include "change/best.h"
#include "change/effect.h"

#include "kernel/binding.h"
#include "store/record.h"
#include "store/recent.h"
#include "store/policy.h"
#include "vfio/table.h"

#include <errno.h>

#define VFIO_PCI "vfio-pci"
/* A device that loses its driver later than this was unbound on purpose. */
#define AGAIN_MS 10000

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

/* --- unset --- */

/* An absent device may have a saved override to remove. */
static int begin_unset(struct transaction *t)
{
	int err;

	if (t->dev->path[0] || !t->call->request->save)
		return transaction_begin(t);
	err = transaction_prepare_removal(t);
	if (err < 0)
		return err;
	if (!pending_changes(&t->pending))
		return transaction_fail(t, OVERRIDE_ABSENT, -ENODEV);
	return transaction_lock(t);
}

/* Without an override, new_id or another tool has given the device to the generic VFIO driver. */
static bool is_grabbed(const struct transaction *t)
{
	const char *generic = variant_generic(t->dev->bus);

	if (t->before.override[0] || !generic || t->call->request->verb != OVERRIDE_UNSET)
		return false;
	return driver_is(t->dev->bus, t->before.driver, generic);
}

/* A native driver that is bound in spite of an override is not taken away. */
static bool is_held(const struct transaction *t)
{
	if (!t->before.driver[0])
		return false;
	return streq(t->before.driver, t->before.override) || is_grabbed(t);
}

static int allow_unset(struct transaction *t)
{
	if (!t->dev->path[0] || (t->before.driver[0] && !is_held(t)))
		return 0;
	return transaction_check_use(t);
}

/*
 * The driver goes before the override: by the override the next call recognises the driver as the
 * overriding one, if this call is killed in between.
 */
static int remove_override(struct transaction *t)
{
	int err;

	if (!is_held(t))
		return rebind_change(t, "", t->before.driver);
	err = rebind_unbind(t, t->before.driver);
	return err < 0 ? err : rebind_change(t, "", "");
}

static bool is_vfio_pci(const struct transaction *t)
{
	if (!streq(t->dev->bus, "pci"))
		return false;
	return streq(t->before.override, VFIO_PCI) || streq(t->before.driver, VFIO_PCI);
}

static int give_back(struct transaction *t)
{
	int err = allow_unset(t);

	if (err < 0)
		return err;
	if (transaction_saves(t)) {
		err = transaction_prepare_removal(t);
		if (err < 0)
			return err;
	}
	err = remove_override(t);
	if (err < 0)
		return err;
	if (is_vfio_pci(t))
		effect_forget_vfio_id(t);
	return t->call->request->probe ? rebind_probe(t) : 0;
}

static int unset(struct transaction *t)
{
	if (t->dev->path[0]) {
		int err = give_back(t);

		if (err < 0)
			return err;
	}
	/* If this fails, only a second early step of the same boot is concerned. */
	effect_record(t, RECORD_EARLY, "");
	return 0;
}

/* --- load --- */

/* What the failure of a load means that has found out nothing, or too little. */
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
		return transaction_fail(t, OVERRIDE_STEP_FAILED, err);
	}
}

/* Reads t->wanted. Return: 0, or as wanted_read(), or -errno after transaction_step() */
static int find_wanted(struct transaction *t)
{
	const struct override_request *request = t->call->request;
	int err = transaction_step(t, OVERRIDE_READ_STORE, "");

	if (err < 0)
		return err;
	err = wanted_wait(t->dev, request->sources, request->deadline_ms, &t->wanted);
	if (t->wanted.by == WANTED_RULE)
		memcpy(t->call->failure->rule, t->wanted.rule, sizeof(t->wanted.rule));
	if (err == -ESTALE && (request->force || !request->config->identity))
		return 0;
	return err;
}

/* Return: 0, or -errno after transaction_fail() */
static int read_wanted(struct transaction *t)
{
	int err = find_wanted(t);

	return err < 0 ? fail_wanted(t, err) : 0;
}

/*
 * The driver_override that keeps every other driver off until the device is loaded. If none has
 * been chosen yet, that is the generic driver's module, which is ranked in any case. Return: "" if
 * there is none.
 */
static const char *early_driver(const struct transaction *t)
{
	const char *generic;

	if (t->wanted.driver[0])
		return t->wanted.driver;
	generic = variant_generic(t->dev->bus);
	return generic ? generic : "";
}

/* The native driver is better than none. */
static void load_native(struct transaction *t)
{
	if (!util_same_name(t->before.override, early_driver(t)))
		return;
	transaction_keep(t);
	if (effect_write_override(t, "") == 0 && effect_is_bound(t, ""))
		effect_probe_native(t);
}

/* A driver that refuses the device leaves it to no other. */
static void end_failed_load(struct transaction *t)
{
	const struct override_failure *failure = t->call->failure;
	bool refused = best_is_refusing(failure->cause);
	bool missing = best_is_missing(failure->cause);

	if (failure->cause == OVERRIDE_NO_VARIANT_BOUND) {
		missing = best_is_missing(failure->last_cause);
		refused = !missing;
	}
	if (missing || failure->cause == OVERRIDE_NO_VARIANT)
		load_native(t);
	else if (refused && t->end->outcome == OVERRIDE_UNKNOWN)
		transaction_keep(t);
}

static int load(struct transaction *t)
{
	int err = read_wanted(t);

	if (err < 0)
		return err;
	if (t->wanted.best)
		err = best_place(t);
	else
		err = rebind_to(t, t->wanted.driver, t->wanted.module, POLICY_FIXED);
	if (err < 0)
		end_failed_load(t);
	return err;
}

/* The event may be one that somebody asked for (udevadm trigger), about another matter. */
static int load_added(struct transaction *t)
{
	struct recent recent;

	recent_read(t->dev, &recent);
	return recent.by == RECENT_NOSAVE ? 0 : load(t);
}

/* Another driver, a cleared override and one of another tool are somebody's decision. */
static int load_again(struct transaction *t)
{
	struct recent recent;

	recent_read(t->dev, &recent);
	if (recent.by != RECENT_LOAD || recent.age_ms > AGAIN_MS)
		return 0;
	if (t->before.driver[0] || !recent.driver[0])
		return 0;
	return streq(t->before.override, recent.driver) ? load(t) : 0;
}

/* A rule may be for devices that nobody has thought of: it takes none that is in use. */
static int allow_early(struct transaction *t)
{
	if (t->wanted.by != WANTED_RULE || !t->before.driver[0])
		return 0;
	return transaction_check_use(t);
}

/* From here on no other driver can bind; the rest waits for udev and for the modules. A device that
 * is on its overridden driver already has nothing to be kept from. */
static int load_early(struct transaction *t)
{
	const struct device_state *before = &t->before;
	const char *driver;
	int err = read_wanted(t);

	if (err < 0)
		return err;
	driver = early_driver(t);
	if (!*driver || streq(before->override, driver) || is_held(t))
		return 0;
	err = allow_early(t);
	if (err < 0)
		return err;
	err = transaction_step(t, OVERRIDE_RECORD, "");
	if (err < 0)
		return err;
	err = effect_record(t, RECORD_EARLY, driver);
	if (err < 0)
		return transaction_fail(t, OVERRIDE_STEP_FAILED, err);
	return rebind_write(t, driver);
}

/* --- take back --- */

/* Whether something is still wanted for this very device. Return: 1, 0, or -errno. */
static int is_wanted(struct transaction *t)
{
	int err = find_wanted(t);

	switch (err) {
	case 0:
	case -EBADMSG:
		return 1;
	case -ESTALE:
	case -ENOENT:
		return 0;
	default:
		return fail_wanted(t, err);
	}
}

static int clear_records(struct transaction *t)
{
	static const enum record records[] = { RECORD_EARLY, RECORD_RULED };
	int err = transaction_step(t, OVERRIDE_RECORD, "");

	if (err < 0)
		return err;
	for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
		err = effect_record(t, records[i], "");
		if (err < 0)
			return transaction_fail_step(t, err);
	}
	return 0;
}

/* An initramfs that is older than the store has applied an override that is not wanted any more, or
 * a rule has that was removed since. An override that is no longer the recorded one is somebody's
 * decision. A cleared one may be that of a call that was killed before it probed. */
static int take_back(struct transaction *t)
{
	const char *override = t->before.override;
	int err = is_wanted(t);

	if (err != 0)
		return err < 0 ? err : 0;
	if (!override[0] || streq(override, t->call->request->driver)) {
		err = give_back(t);
		if (err < 0)
			return err;
	}
	return clear_records(t);
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
	[OVERRIDE_UNSET] = { true, { begin_unset, allow_unset, unset } },
	[OVERRIDE_LOAD] = { false, { transaction_begin, load } },
	[OVERRIDE_LOAD_ADDED] = { false, { transaction_begin, load_added } },
	[OVERRIDE_LOAD_EARLY] = { false, { transaction_begin, load_early } },
	[OVERRIDE_LOAD_AGAIN] = { false, { transaction_begin, load_again } },
	[OVERRIDE_TAKE_BACK] = { false, { transaction_begin, take_back } },
	[OVERRIDE_TAKE_BACK_RULED] = { false, { transaction_begin, take_back } },
};

bool override_by_hand(enum override_verb verb)
{
	return verbs[verb].by_hand;
}

void override_run(const struct override_request *request, const struct device *devices, size_t n,
	struct bounded *b, struct override_failure *ret_failure, struct override_end *ret_ends)
{
	CLEANUP_FREE struct transaction *all = calloc(n, sizeof(*all));
	const struct call call = { .request = request, .b = b, .failure = ret_failure };
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
