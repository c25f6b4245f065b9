/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps of a plan. Their order, and its reasons, are in plan.c. */
#include "change/execute.h"

#include "change/transaction.h"
#include "change/note.h"

#include "kernel/binding.h"
#include "kernel/iommu.h"
#include "kernel/module.h"
#include "kernel/pci.h"
#include "vfio/variant.h"
#include "base/supervise.h"

#include <errno.h>

static bool gives(const struct transaction *t)
{
	return t->plan.course == PLAN_GIVE;
}

/* The driver that the device is to have; "" for none, or for the native one. */
static const char *target_driver(const struct transaction *t)
{
	return gives(t) && !streq(t->driver.name, DRIVER_NONE) ? t->driver.name : "";
}

static const char *target_override(const struct transaction *t)
{
	return t->plan.course == PLAN_GIVE_BACK ? "" : t->driver.name;
}

/* --- before the change --- */

/* A module that is not loaded does not tell the name of its driver, but that of the generic one is
 * known. */
static int find(struct transaction *t)
{
	static const enum override_cause causes[] = {
		[DRIVER_OK] = OVERRIDE_STEP_FAILED,
		[DRIVER_UNKNOWN] = OVERRIDE_NO_DRIVER,
		[DRIVER_NOT_LOADED] = OVERRIDE_NOT_LOADED,
		[DRIVER_NOT_ON_BUS] = OVERRIDE_NOT_ON_BUS,
		[DRIVER_SEVERAL] = OVERRIDE_SEVERAL_DRIVERS,
	};
	enum driver_load load = transaction_changes_device(t) ? DRIVER_LOAD : DRIVER_LOOK;
	struct override_failure *failure = t->call->failure;
	const char *generic = variant_generic_driver(t->dev->bus);
	enum driver_problem problem;
	int err = transaction_step(t, OVERRIDE_FIND_DRIVER, t->choice.given);

	t->driver = (struct driver){ 0 };
	if (err < 0)
		return err;
	if (streq(t->choice.given, DRIVER_NONE))
		return util_format(t->driver.name, sizeof(t->driver.name), "%s", DRIVER_NONE);
	err = driver_find(t->dev, t->choice.given, t->choice.module, load, &t->driver, &problem,
		failure->names, sizeof(failure->names));
	if (err < 0)
		return transaction_fail(t, causes[problem], err);
	if (load == DRIVER_LOOK && generic && util_same_name(t->driver.name, generic))
		util_format(t->driver.name, sizeof(t->driver.name), "%s", generic);
	return 0;
}

static int put(struct transaction *t)
{
	struct saved saved = { 0 };
	struct policy *policy = &saved.policy;
	int err = transaction_step(t, OVERRIDE_PREPARE_STORE, "");

	if (err < 0)
		return err;
	/* Another variant may have been prepared before. */
	savefile_discard(&t->save);
	memcpy(saved.driver, t->driver.name, sizeof(saved.driver));
	memcpy(policy->module, t->driver.module, sizeof(policy->module));
	util_format(policy->choose, sizeof(policy->choose), "%s", t->choice.choose);
	err = pci_identity(t->dev, policy->modalias, policy->path);
	if (err == 0)
		err = saved_put(&t->save, t->key, &saved, t->call->request->dry_run);
	return err < 0 ? transaction_fail_step(t, err) : 0;
}

static int remove_saved(struct transaction *t)
{
	int err = transaction_step(t, OVERRIDE_PREPARE_STORE, "");

	if (err < 0)
		return err;
	err = saved_delete(&t->save, t->key, t->call->request->dry_run);
	return err < 0 && err != -ENOENT ? transaction_fail_step(t, err) : 0;
}

/* The state may have changed since the device was looked at, and the question who uses it is asked
 * again, unless the driver stays. */
static int hold(struct transaction *t)
{
	int err = transaction_read_state(t);

	if (err < 0)
		return err;
	if (gives(t) && t->now.driver[0] && streq(t->now.driver, t->driver.name))
		return 0;
	if (t->plan.course == PLAN_GIVE_BACK && t->now.driver[0] &&
		!streq(t->now.driver, t->before.driver)) {
		util_format(t->call->failure->subject, SYSFS_NAME_MAX, "%s", t->now.driver);
		return transaction_fail(t, OVERRIDE_DRIVER_CHANGED, -EBUSY);
	}
	return transaction_hold(t);
}

/* --- the change --- */

/* The only place that takes a driver away, but for the way back in transaction.c. */
static int unbind_from(struct transaction *t, const char *driver)
{
	int err = transaction_step(t, OVERRIDE_UNBIND, driver);

	if (err < 0)
		return err;
	transaction_touch(t);
	err = binding_unbind(t->dev, driver);
	use_release(&t->claim);
	/* A device that has left its driver by itself is as it should be. */
	if (err < 0 && !binding_is(t->dev, ""))
		return transaction_fail_step(t, err);
	t->now.driver[0] = '\0';
	return 0;
}

/*
 * Until driver_override was written, the driver of another override may have taken the device: for
 * example of one that was written early, and whose module another device has just loaded. Nobody
 * uses the device by it yet, unless it took the place of a driver that was looked at.
 */
static int look_for_newcomer(struct transaction *t)
{
	char bound[SYSFS_NAME_MAX];
	int err = transaction_step(t, OVERRIDE_VERIFY, target_driver(t));

	if (err < 0)
		return err;
	err = device_driver(t->dev, bound);
	if (err < 0)
		return transaction_fail_step(t, err);
	if (!bound[0] || streq(bound, t->now.driver) || streq(bound, target_driver(t))) {
		memcpy(t->now.driver, bound, sizeof(bound));
		return 0;
	}
	if (t->now.driver[0]) {
		util_format(t->call->failure->subject, SYSFS_NAME_MAX, "%s", bound);
		return transaction_fail(t, OVERRIDE_DRIVER_CHANGED, -EBUSY);
	}
	use_release(&t->claim);
	err = transaction_hold(t);
	return err < 0 ? err : unbind_from(t, bound);
}

static int write_override(struct transaction *t)
{
	const char *override = target_override(t);
	int err = 0;

	/* Nothing has been read since the device was looked at. */
	if (t->plan.course == PLAN_GIVE_BACK)
		err = transaction_read_state(t);
	if (err < 0 || streq(t->now.override, override))
		return err;
	err = transaction_step(t, OVERRIDE_WRITE, override);
	if (err < 0)
		return err;
	transaction_touch(t);
	err = binding_write_override(t->dev, override);
	if (err < 0)
		return transaction_fail_step(t, err);
	util_format(t->now.override, sizeof(t->now.override), "%s", override);
	return t->plan.course == PLAN_KEEP_OFF ? 0 : look_for_newcomer(t);
}

static int unbind(struct transaction *t)
{
	if (!t->now.driver[0] || streq(t->now.driver, target_driver(t)))
		return 0;
	return unbind_from(t, t->now.driver);
}

/*
 * If the kernel is still adding the device or already removing it, ENODEV is no answer of the
 * driver: ask again until the device is added, has gone, or the time is up.
 */
static int try_bind(struct transaction *t, const char *driver)
{
	for (;;) {
		bool added = pci_is_added(t->dev);
		int err = binding_bind(t->dev, driver);

		if (err != -ENODEV || added || !device_is_present(t->dev))
			return err;
		if (supervise_expired(t->call->s))
			return -ETIMEDOUT;
		util_nap(NOT_ADDED_POLL_MS);
	}
}

static int bind(struct transaction *t)
{
	const char *driver = t->driver.name;
	int err;

	util_format(t->bound, sizeof(t->bound), "%s", driver);
	if (binding_is(t->dev, driver))
		return 0;
	err = transaction_step(t, OVERRIDE_BIND, driver);
	if (err < 0)
		return err;
	transaction_touch(t);
	err = try_bind(t, driver);
	/* Another writer may have been first, for example udev's own probe. */
	if (err == 0 || binding_is(t->dev, driver))
		return 0;
	if (err == -ETIMEDOUT && supervise_expired(t->call->s))
		return transaction_fail_expired(t);
	if (err == -EINVAL && driver_is_vfio(driver) && !iommu_has_group(t->dev))
		return transaction_fail(t, OVERRIDE_NO_IOMMU, err);
	return transaction_fail(t, OVERRIDE_DRIVER_REFUSED, err);
}

/* If the time is up but the device is where it should be, the change is finished. */
static int verify(struct transaction *t)
{
	const char *driver = target_driver(t);
	int err = transaction_step(t, OVERRIDE_VERIFY, driver);
	bool bound = binding_is(t->dev, driver);

	if (err < 0 && !bound)
		return err;
	transaction_try_again(t);
	if (!bound)
		return transaction_fail(t, OVERRIDE_WRONG_DRIVER, -ENODEV);
	util_format(t->now.driver, sizeof(t->now.driver), "%s", driver);
	return 0;
}

static int probe(struct transaction *t)
{
	int err = transaction_read_state(t);

	if (err < 0 || t->now.driver[0])
		return err;
	err = transaction_step(t, OVERRIDE_PROBE, "");
	if (err < 0)
		return err;
	transaction_touch(t);
	err = binding_probe_native(t->dev);
	device_driver(t->dev, t->bound);
	memcpy(t->now.driver, t->bound, sizeof(t->bound));
	return err < 0 && !t->bound[0] ? transaction_fail_step(t, err) : 0;
}

static int forget_id(struct transaction *t)
{
	binding_forget_vfio_id(t->dev);
	return 0;
}

/* --- a dry run --- */

/* The module that the kernel would most likely take, by the name of its driver if it is loaded. */
static void foresee_native(struct transaction *t)
{
	CLEANUP_STRV char **modules = NULL, **drivers = NULL;
	char modalias[SYSFS_VALUE_MAX];
	const char *name;
	size_t n;

	if (device_modalias(t->dev, modalias) < 0 || !modalias[0])
		return;
	if (module_candidates(modalias, &modules) < 0 || !modules)
		return;
	name = modules[0];
	if (module_drivers(name, t->dev->bus, &drivers, &n) == 0 && n > 0)
		name = drivers[0];
	util_format(t->now.driver, sizeof(t->now.driver), "%s", name);
}

static void foresee(struct transaction *t, enum plan_step step)
{
	switch (step) {
	case PLAN_OVERRIDE:
		util_format(t->now.override, sizeof(t->now.override), "%s", target_override(t));
		break;
	case PLAN_UNBIND:
		if (!streq(t->now.driver, target_driver(t)))
			t->now.driver[0] = '\0';
		break;
	case PLAN_BIND:
		util_format(t->now.driver, sizeof(t->now.driver), "%s", t->driver.name);
		break;
	case PLAN_PROBE:
		if (!t->now.driver[0])
			foresee_native(t);
		break;
	default:
		break;
	}
}

/* The question that comes with HOLD, unless it is answered, or the driver stays. */
static int foresee_use(struct transaction *t)
{
	if (t->facts.use != PLAN_NOT_ASKED || t->call->request->asked)
		return 0;
	if (!t->now.driver[0] || streq(t->now.driver, target_driver(t)))
		return 0;
	return transaction_check_use(t);
}

int execute(struct transaction *t)
{
	static int (*const steps[PLAN_STEPS])(struct transaction * t) = {
		[PLAN_FIND] = find,
		[PLAN_PUT] = put,
		[PLAN_DELETE] = remove_saved,
		[PLAN_HOLD] = hold,
		[PLAN_NOTE] = note_begin,
		[PLAN_OVERRIDE] = write_override,
		[PLAN_UNBIND] = unbind,
		[PLAN_BIND] = bind,
		[PLAN_VERIFY] = verify,
		[PLAN_FORGET_ID] = forget_id,
		[PLAN_PROBE] = probe,
		[PLAN_CLEAR] = note_forget,
	};

	for (size_t i = 0; i < t->plan.n; i++) {
		enum plan_step next = t->plan.steps[i];
		int err = 0;

		/* The first three change no device. */
		if (next <= PLAN_DELETE || transaction_changes_device(t))
			err = steps[next](t);
		else if (next == PLAN_HOLD)
			err = foresee_use(t);
		else
			foresee(t, next);
		if (err < 0)
			return err;
	}
	return 0;
}

void execute_native(struct transaction *t)
{
	transaction_keep(t);
	if (binding_write_override(t->dev, "") == 0 && binding_is(t->dev, ""))
		binding_probe_native(t->dev);
}
