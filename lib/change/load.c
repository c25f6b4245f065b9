/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Applies what is wanted for a device, and takes back what is not. */
#include "change/load.h"

#include "change/best.h"
#include "change/effect.h"
#include "change/unset.h"
#include "kernel/driver.h"
#include "store/policy.h"
#include "vfio/table.h"

#include <errno.h>

/* A device that loses its driver later than this was unbound on purpose. */
#define AGAIN_MS 10000

/* --- what is wanted --- */

int load_fail_wanted(struct transaction *t, int err)
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

int load_find_wanted(struct transaction *t)
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

/* Return: 0, or -errno after transaction_fail() */
static int read_wanted(struct transaction *t)
{
	int err = load_find_wanted(t);

	/* The rules may have been read before the lock was taken, and changed since. */
	if (t->wanted.by == WANTED_RULE) {
		wanted_free(t->call->request->sources);
		err = load_find_wanted(t);
	}
	if (err < 0)
		return load_fail_wanted(t, err);
	if (driver_is_vfio(early_driver(t)) && device_is_pci_bridge(t->dev))
		return transaction_fail(t, OVERRIDE_BRIDGE, -EINVAL);
	return 0;
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

int load(struct transaction *t)
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
int load_added(struct transaction *t)
{
	if (t->entry.by == JOURNAL_HAND_NOSAVE)
		return 0;
	/* An unset by hand leaves the device to a rule, but not before the next boot. */
	if (t->entry.by == JOURNAL_HAND && load_find_wanted(t) == 0 && t->wanted.by == WANTED_RULE)
		return 0;
	return load(t);
}

/* Another driver, a cleared override and one of another tool are somebody's decision. */
int load_again(struct transaction *t)
{
	if (!journal_has_loaded(&t->entry) || util_now_ms() - t->entry.ms > AGAIN_MS)
		return 0;
	if (t->before.driver[0] || !streq(t->before.override, t->entry.driver))
		return 0;
	return load(t);
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
int load_early(struct transaction *t)
{
	const struct device_state *before = &t->before;
	const char *driver;
	int err = read_wanted(t);

	if (err < 0)
		return err;
	driver = early_driver(t);
	if (!*driver || streq(before->override, driver) || unset_is_held(t))
		return 0;
	err = allow_early(t);
	return err < 0 ? err : rebind_write(t, driver);
}

/* --- take back --- */

/* Whether something is still wanted for this very device. Return: 1, 0, or -errno. */
static int is_wanted(struct transaction *t)
{
	int err = load_find_wanted(t);

	switch (err) {
	case 0:
	case -EBADMSG:
		return 1;
	case -ESTALE:
	case -ENOENT:
		return 0;
	default:
		return load_fail_wanted(t, err);
	}
}

/* An initramfs that is older than the store has applied an override that is not wanted any more, or
 * a rule has that was removed since. An override that is no longer the recorded one is somebody's
 * decision. A cleared one may be that of a call that was killed before it probed. */
int load_take_back(struct transaction *t)
{
	const struct override_request *request = t->call->request;
	const char *override = t->before.override;
	int err;

	/* Another call may have been first. */
	if (journal_is_by_hand(&t->entry) || !streq(t->entry.override, request->driver))
		return 0;
	err = is_wanted(t);
	if (err != 0)
		return err < 0 ? err : 0;
	/* The device of a rule that is excluded stays until the error is mended. */
	if (t->entry.by == JOURNAL_RULE && rules_may_have(&request->sources->rules, t->entry.rule))
		return 0;
	if (!override[0] || streq(override, t->entry.override)) {
		err = unset_allow(t);
		if (err < 0)
			return err;
		err = unset_give_back(t);
		if (err < 0)
			return err;
	}
	return transaction_forget(t);
}
