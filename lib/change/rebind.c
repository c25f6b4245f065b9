/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Moves a device from one driver to another. The order, and its reasons, are in transaction.c. */
#include "change/rebind.h"

#include "change/effect.h"

#include "kernel/driver.h"
#include "kernel/iommu.h"

#include <errno.h>

/* --- before the change --- */

static int fail_driver(struct transaction *t, enum driver_problem problem, int error)
{
	static const enum override_cause causes[] = {
		[DRIVER_OK] = OVERRIDE_STEP_FAILED,
		[DRIVER_UNKNOWN] = OVERRIDE_NO_DRIVER,
		[DRIVER_NOT_LOADED] = OVERRIDE_NOT_LOADED,
		[DRIVER_NOT_ON_BUS] = OVERRIDE_NOT_ON_BUS,
		[DRIVER_SEVERAL] = OVERRIDE_SEVERAL_DRIVERS,
	};

	return transaction_fail(t, causes[problem], error);
}

static int find_driver(
	struct transaction *t, const char *given, const char *module, struct driver *ret)
{
	enum driver_problem problem;
	int err = transaction_step(t, OVERRIDE_FIND_DRIVER, given);

	*ret = (struct driver){ 0 };
	if (err < 0)
		return err;
	if (streq(given, OVERRIDE_NONE))
		return util_format(ret->name, sizeof(ret->name), "%s", OVERRIDE_NONE);
	err = effect_find_driver(t, given, module, ret, &problem);
	return err < 0 ? fail_driver(t, problem, err) : 0;
}

static int prepare_store(struct transaction *t, const struct driver *driver, const char *choose)
{
	struct saved saved = { 0 };
	int err = transaction_step(t, OVERRIDE_PREPARE_STORE, "");

	if (err < 0)
		return err;
	memcpy(saved.driver, driver->name, sizeof(saved.driver));
	memcpy(saved.policy.module, driver->module, sizeof(saved.policy.module));
	util_format(saved.policy.choose, sizeof(saved.policy.choose), "%s", choose);
	err = device_identity(t->dev, saved.policy.modalias, saved.policy.path);
	if (err < 0)
		return transaction_fail_step(t, err);
	/* Another variant may have been prepared before. */
	savefile_discard(&t->save);
	err = saved_put(&t->save, t->key, &saved, t->call->request->dry_run);
	return err < 0 ? transaction_fail_step(t, err) : 0;
}

/* --- the change --- */

int rebind_write(struct transaction *t, const char *override)
{
	int err = transaction_note(t, override);

	if (err < 0)
		return err;
	err = transaction_step(t, OVERRIDE_WRITE, override);
	if (err < 0)
		return err;
	transaction_touch(t);
	err = effect_write_override(t, override);
	return err < 0 ? transaction_fail_step(t, err) : 0;
}

/* The only place that takes a driver away, but for the way back in restore.c. */
int rebind_unbind(struct transaction *t, const char *driver)
{
	int err = transaction_step(t, OVERRIDE_UNBIND, driver);

	if (err < 0)
		return err;
	transaction_touch(t);
	err = effect_unbind(t, driver);
	/* A device that has left its driver by itself is as it should be. */
	if (err < 0 && !effect_is_bound(t, ""))
		return transaction_fail_step(t, err);
	return 0;
}

/* Return: 0 with the driver that is bound now; -errno after transaction_fail() */
static int read_driver(struct transaction *t, const char *expected, char ret[SYSFS_NAME_MAX])
{
	int err = transaction_step(t, OVERRIDE_VERIFY, expected);

	if (err < 0)
		return err;
	err = effect_read_driver(t, ret);
	return err < 0 ? transaction_fail_step(t, err) : 0;
}

/*
 * Until driver_override was written, the driver of another override may have taken the device: for
 * example of one that was written early, and whose module another device has just loaded. Nobody
 * uses the device by it yet, unless it took the place of a driver that was looked at.
 */
static int unbind_newcomer(struct transaction *t, const char *looked_at, const char *driver)
{
	CLEANUP(use_release) struct use_claim claim = { 0 };
	int err;

	if (looked_at[0]) {
		util_format(t->call->failure->subject, SYSFS_NAME_MAX, "%s", driver);
		return transaction_fail(t, OVERRIDE_DRIVER_CHANGED, -EBUSY);
	}
	err = transaction_claim(t, &claim);
	return err < 0 ? err : rebind_unbind(t, driver);
}

int rebind_change(struct transaction *t, const char *override, const char *driver)
{
	CLEANUP(use_release) struct use_claim claim = { 0 };
	char bound[SYSFS_NAME_MAX];
	struct device_state now;
	int err = transaction_read_state(t, &now);

	if (err < 0)
		return err;
	if (!streq(now.driver, driver)) {
		err = transaction_claim(t, &claim);
		if (err < 0)
			return err;
	}
	util_format(bound, sizeof(bound), "%s", now.driver);
	if (!streq(now.override, override)) {
		err = rebind_write(t, override);
		if (err < 0)
			return err;
		err = read_driver(t, driver, bound);
		if (err < 0)
			return err;
	}
	if (!bound[0] || streq(bound, driver))
		return 0;
	if (!streq(bound, now.driver))
		return unbind_newcomer(t, now.driver, bound);
	return rebind_unbind(t, bound);
}

/*
 * If the kernel is still adding the device or already removing it, ENODEV is no answer of the
 * driver: ask again until the device is added, has gone, or the time is up.
 */
static int try_bind(struct transaction *t, const char *driver)
{
	for (;;) {
		bool added = device_is_added(t->dev);
		int err = effect_bind(t, driver);

		if (err != -ENODEV || added || !device_is_present(t->dev))
			return err;
		if (supervise_expired(t->call->s))
			return -ETIMEDOUT;
		util_nap(NOT_ADDED_POLL_MS);
	}
}

static int bind_driver(struct transaction *t, const char *driver)
{
	int err;

	util_format(t->bound, sizeof(t->bound), "%s", driver);
	if (effect_is_bound(t, driver))
		return 0;
	err = transaction_step(t, OVERRIDE_BIND, driver);
	if (err < 0)
		return err;
	transaction_touch(t);
	err = try_bind(t, driver);
	/* Another writer may have been first, for example udev's own probe. */
	if (err == 0 || effect_is_bound(t, driver))
		return 0;
	if (err == -ETIMEDOUT && supervise_expired(t->call->s))
		return transaction_fail_expired(t);
	if (err == -EINVAL && driver_is_vfio(driver) && !iommu_has_group(t->dev))
		return transaction_fail(t, OVERRIDE_NO_IOMMU, err);
	return transaction_fail(t, OVERRIDE_DRIVER_REFUSED, err);
}

/* If the time is up but the device is where it should be, the change is finished. */
static int verify(struct transaction *t, const char *driver)
{
	int err = transaction_step(t, OVERRIDE_VERIFY, driver);

	if (err < 0 && !effect_is_bound(t, driver))
		return err;
	transaction_try_again(t);
	if (!effect_is_bound(t, driver))
		return transaction_fail(t, OVERRIDE_WRONG_DRIVER, -ENODEV);
	return 0;
}

static int bind_and_verify(struct transaction *t, const char *driver)
{
	int err;

	if (streq(driver, OVERRIDE_NONE))
		return verify(t, "");
	if (!t->call->request->probe)
		return 0;
	err = bind_driver(t, driver);
	return err < 0 ? err : verify(t, driver);
}

int rebind_to(struct transaction *t, const char *given, const char *module, const char *choose)
{
	struct driver driver;
	int err = find_driver(t, given, module, &driver);

	if (err < 0)
		return err;
	if (transaction_saves(t)) {
		err = prepare_store(t, &driver, choose);
		if (err < 0)
			return err;
	}
	err = rebind_change(t, driver.name, driver.name);
	return err < 0 ? err : bind_and_verify(t, driver.name);
}

int rebind_probe(struct transaction *t)
{
	struct device_state now;
	int err = transaction_read_state(t, &now);

	if (err < 0 || now.driver[0])
		return err;
	err = transaction_step(t, OVERRIDE_PROBE, "");
	if (err < 0)
		return err;
	transaction_touch(t);
	err = effect_probe_native(t);
	effect_read_driver(t, t->bound);
	return err < 0 && effect_is_bound(t, "") ? transaction_fail_step(t, err) : 0;
}
