/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The transaction. In this order, and each for a reason:
 *
 *   lock            two callers on one device would undo each other's half-done work
 *   read the state  what to go back to
 *   check           nothing is touched yet where the answer is no
 *   find the driver loads its module: the slowest step, and the likeliest to fail
 *   prepare store   a full or read-only /etc is found while nothing has changed
 *   driver_override before the unbind, so that no other driver can take the device in between
 *   unbind
 *   bind            by the driver's own file, which returns the probe's errno; drivers_probe
 *                   reports success for a probe that failed, so it serves only where the driver is
 *                   not known: for the native one
 *   verify          that the wanted driver has the device, not just any
 *   commit store    last: what is saved has worked once
 *
 * What fails before the commit puts back the override, then the driver. A blocked write cannot be
 * interrupted; when it returns after the deadline, the next step finds the time expired and the old
 * state is restored.
 */
#include "override.h"

#include "binding.h"
#include "store.h"

#include <errno.h>
#include <fcntl.h>

#define VFIO_PCI "vfio-pci"

struct transaction {
	const struct override_request *request;
	const struct device *dev;
	struct bounded *b;
	struct override_result *result;
	struct device_state before;
	struct store_pending store;
	int lock_fd;
	bool checked; /* its use */
};

static struct transaction transaction_new(
	const struct override_request *request, struct bounded *b, struct override_result *result)
{
	*result = (struct override_result){ 0 };
	return (struct transaction){ .request = request,
		.dev = &request->dev,
		.b = b,
		.result = result,
		.store = STORE_PENDING_NONE,
		.lock_fd = -1 };
}

/* Every failure is told by the step it happened in. Return: @error, below 0. */
static int fail(struct transaction *t, enum override_outcome outcome, enum override_reason reason,
	int error)
{
	t->result->outcome = outcome;
	t->result->reason = reason;
	t->result->error = error;
	return error;
}

static int fail_errno(struct transaction *t, int error)
{
	return fail(t, OVERRIDE_FAILED, OVERRIDE_BY_ERRNO, error);
}

/* Begin a step; fails where the time is up, which turns the transaction back. */
static int step(struct transaction *t, enum override_step step, const char *subject)
{
	t->result->step = step;
	util_format(t->result->subject, sizeof(t->result->subject), "%s", subject);
	bounded_step(t->b, step, subject);
	if (bounded_expired(t->b))
		return fail(t, OVERRIDE_UNFINISHED, OVERRIDE_EXPIRED, -ETIMEDOUT);
	return 0;
}

/* --- steps --- */

static void lock_held_by(pid_t pid, void *userdata)
{
	struct transaction *t = userdata;

	util_format(t->result->subject, sizeof(t->result->subject), "%ld", (long)pid);
	bounded_step(t->b, OVERRIDE_LOCK, t->result->subject);
}

static int take_lock(struct transaction *t)
{
	int err = step(t, OVERRIDE_LOCK, "");

	if (err < 0)
		return err;
	t->lock_fd =
		store_lock(t->dev->bus, t->dev->name, t->request->deadline_ms, lock_held_by, t);
	if (t->lock_fd == -ETIMEDOUT)
		return fail(t, OVERRIDE_UNFINISHED, OVERRIDE_EXPIRED, -ETIMEDOUT);
	return t->lock_fd < 0 ? fail_errno(t, t->lock_fd) : 0;
}

static int read_state(struct transaction *t)
{
	int err = step(t, OVERRIDE_READ_STATE, "");

	if (err < 0)
		return err;
	err = device_read_state(AT_FDCWD, t->dev->path, &t->before);
	if (err == -ENOENT && sysfs_exists(t->dev->path))
		return fail(t, OVERRIDE_FAILED, OVERRIDE_NOT_OVERRIDABLE, err);
	if (err == -ENOENT || err == -ENODEV)
		return fail(t, OVERRIDE_NO_DEVICE, OVERRIDE_ABSENT, err);
	return err < 0 ? fail_errno(t, err) : 0;
}

static int begin(struct transaction *t)
{
	int err;

	if (!t->dev->path[0])
		return fail(t, OVERRIDE_NO_DEVICE, OVERRIDE_ABSENT, -ENODEV);
	err = take_lock(t);
	return err < 0 ? err : read_state(t);
}

/* Whether the driver may be taken away. */
static int check_use(struct transaction *t)
{
	int err;

	if (t->checked)
		return 0;
	err = step(t, OVERRIDE_CHECK, "");
	if (err < 0 || t->request->force)
		return err;
	t->checked = true;
	err = holder_find(t->dev, &t->result->holder);
	if (err < 0)
		return fail_errno(t, err);
	if (t->result->holder.kind != HOLDER_NONE)
		return fail(t, OVERRIDE_REFUSED, OVERRIDE_IN_USE, -EBUSY);
	return 0;
}

static int find_driver(
	struct transaction *t, const char *given, const char *module, struct driver *ret)
{
	int err = step(t, OVERRIDE_FIND_DRIVER, given);

	*ret = (struct driver){ 0 };
	if (err < 0)
		return err;
	if (streq(given, OVERRIDE_NONE)) {
		util_format(ret->name, sizeof(ret->name), "%s", OVERRIDE_NONE);
		return 0;
	}
	err = driver_find(t->dev, given, module, ret, &t->result->driver_problem, t->result->names,
		sizeof(t->result->names));
	if (err == 0)
		return 0;
	return fail(t, OVERRIDE_FAILED,
		t->result->driver_problem == DRIVER_OK ? OVERRIDE_BY_ERRNO : OVERRIDE_DRIVER, err);
}

static int prepare_store(struct transaction *t, const struct driver *driver, const char *choose)
{
	CLEANUP_FREE struct policy *policy = calloc(1, sizeof(*policy));
	CLEANUP_FREE char *text = NULL;
	int err = step(t, OVERRIDE_PREPARE_STORE, "");

	if (err < 0)
		return err;
	if (!policy)
		return fail_errno(t, -ENOMEM);
	/* What was prepared for another candidate. */
	store_discard(&t->store);
	memcpy(policy->driver, driver->name, sizeof(policy->driver));
	memcpy(policy->module, driver->module, sizeof(policy->module));
	util_format(policy->choose, sizeof(policy->choose), "%s", choose);
	err = device_identity(t->dev, policy->modalias, policy->path);
	if (err == 0)
		err = policy_format(policy, &text);
	if (err == -EINVAL) {
		/* A modalias that the format cannot hold: the place alone identifies the device. */
		policy->modalias[0] = '\0';
		err = policy_format(policy, &text);
	}
	if (err == 0)
		err = store_prepare(&t->store, t->dev->bus, t->dev->name, driver->name, text);
	return err < 0 ? fail_errno(t, err) : 0;
}

static int prepare_removal(struct transaction *t)
{
	int err = step(t, OVERRIDE_PREPARE_STORE, "");

	if (err < 0)
		return err;
	err = store_prepare_removal(&t->store, t->dev->bus, t->dev->name);
	return err < 0 && err != -ENOENT ? fail_errno(t, err) : 0;
}

/* driver_override, then the unbind of a driver that is not to stay: @driver, "" for none. */
static int change(struct transaction *t, const char *override, const char *driver)
{
	struct device_state now;
	int err = device_read_state(AT_FDCWD, t->dev->path, &now);

	if (err < 0)
		return fail_errno(t, err);
	if (!streq(now.override, override)) {
		err = step(t, OVERRIDE_WRITE, override);
		if (err < 0)
			return err;
		t->result->touched = true;
		err = binding_write_override(t->dev, override);
		if (err < 0)
			return fail_errno(t, err);
	}
	if (!now.driver[0] || streq(now.driver, driver))
		return 0;
	err = step(t, OVERRIDE_UNBIND, now.driver);
	if (err < 0)
		return err;
	t->result->touched = true;
	err = binding_unbind(t->dev, now.driver);
	/* What has left its driver by itself meanwhile is where it should be. */
	if (err < 0 && !binding_is(t->dev, ""))
		return fail_errno(t, err);
	return 0;
}

static int bind_driver(struct transaction *t, const char *driver)
{
	int err;

	if (binding_is(t->dev, driver))
		return 0;
	err = step(t, OVERRIDE_BIND, driver);
	if (err < 0)
		return err;
	t->result->touched = true;
	err = binding_bind(t->dev, driver);
	/* Another writer, udev's own probe, say, may have been first. */
	if (err < 0 && !binding_is(t->dev, driver))
		return fail(t, OVERRIDE_NOT_BOUND, OVERRIDE_BY_ERRNO, err);
	return 0;
}

static int verify(struct transaction *t, const char *driver)
{
	int err = step(t, OVERRIDE_VERIFY, driver);

	if (err < 0)
		return err;
	if (!binding_is(t->dev, driver))
		return fail(t, OVERRIDE_NOT_BOUND, OVERRIDE_WRONG_DRIVER, -ENODEV);
	return 0;
}

/* Write, unbind, bind and verify, as far as --noprobe lets it. */
static int apply(struct transaction *t, const struct driver *driver)
{
	bool none = streq(driver->name, OVERRIDE_NONE);
	int err = change(t, driver->name, none ? "" : driver->name);

	if (err == 0 && t->request->probe && !none)
		err = bind_driver(t, driver->name);
	if (err == 0 && (t->request->probe || none))
		err = verify(t, none ? "" : driver->name);
	return err;
}

static int finish(struct transaction *t)
{
	int err = step(t, OVERRIDE_SAVE, "");

	if (err < 0)
		return err;
	if (!bounded_finish(t->b))
		return fail(t, OVERRIDE_UNFINISHED, OVERRIDE_EXPIRED, -ETIMEDOUT);
	err = store_commit(&t->store);
	return err < 0 ? fail_errno(t, err) : 0;
}

/* --- the end --- */

static void end(struct transaction *t, int err)
{
	struct override_result *result = t->result;

	/* First: to put the device back may block, and no temporary file is to wait for it. */
	store_discard(&t->store);
	if (err < 0 && result->touched && !result->kept) {
		bounded_step(t->b, OVERRIDE_RESTORE, t->before.driver);
		result->restore_error = binding_restore(t->dev, &t->before);
	}
	/* For the message of a failure; what went well is not to wait for another reader's lock. */
	if (err < 0 && t->dev->path[0])
		result->state_known =
			device_read_state(AT_FDCWD, t->dev->path, &result->state) == 0;
	util_closep(&t->lock_fd);
}

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
	int err = step(t, OVERRIDE_RANK, "");

	if (err < 0)
		return err;
	err = variant_find(t->dev, config->deny, config->n_deny, ret);
	if (err < 0)
		return fail(t, OVERRIDE_FAILED, OVERRIDE_NO_VARIANT, err);
	if (ret->best < 0)
		return fail(t, OVERRIDE_FAILED, OVERRIDE_NO_VARIANT, -ENOENT);
	if (!t->request->force && is_foreign_vfio(t, ret))
		return fail(t, OVERRIDE_REFUSED, OVERRIDE_FOREIGN_VFIO, -EBUSY);
	return 0;
}

static int try_variant(struct transaction *t, const struct variant *variant, bool save)
{
	struct driver driver;
	int err = find_driver(t, variant->module, variant->module, &driver);

	if (err == 0 && !streq(t->before.driver, driver.name))
		err = check_use(t);
	if (err == 0 && save)
		err = prepare_store(t, &driver, POLICY_BEST_VFIO);
	return err < 0 ? err : apply(t, &driver);
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
		err = check_use(t);
	if (err < 0)
		return err;
	for (size_t i = (size_t)ranking.best; i < ranking.n_variants; i++) {
		const struct variant *variant = &ranking.variants[i];

		if (variant->reason != VARIANT_USABLE)
			continue;
		result->reason = OVERRIDE_BY_ERRNO;
		result->outcome = OVERRIDE_DONE;
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
	const char *given = t->request->driver, *bound = t->before.driver;
	struct driver driver;
	int err = 0;

	/* A driver that is bound already stays bound. A device without one may be in use all the
	 * same: its group, or it is just being unbound. */
	if (!bound[0] || streq(given, OVERRIDE_NONE) || !driver_is(t->dev->bus, bound, given))
		err = check_use(t);
	if (err == 0)
		err = find_driver(t, given, NULL, &driver);
	/* The name may mean another driver after all: one is called as the other's module. */
	if (err == 0 && !streq(bound, driver.name))
		err = check_use(t);
	if (err == 0 && t->request->save)
		err = prepare_store(t, &driver, POLICY_FIXED);
	return err < 0 ? err : apply(t, &driver);
}

static int set(struct transaction *t)
{
	int err = begin(t);

	if (err == 0)
		err = t->request->best_vfio ? apply_best(t, t->request->save) : apply_named(t);
	return err < 0 ? err : finish(t);
}

void override_set(
	const struct override_request *request, struct bounded *b, struct override_result *ret)
{
	struct transaction t = transaction_new(request, b, ret);

	end(&t, set(&t));
}

/* --- unset --- */

static int unset_absent(struct transaction *t)
{
	int err = prepare_removal(t);

	if (err < 0)
		return err;
	if (t->store.kind != STORE_REMOVE)
		return fail(t, OVERRIDE_NO_DEVICE, OVERRIDE_ABSENT, -ENODEV);
	err = take_lock(t);
	return err < 0 ? err : finish(t);
}

static int unset(struct transaction *t)
{
	bool held;
	int err;

	if (!t->dev->path[0] && t->request->save)
		return unset_absent(t);
	err = begin(t);
	if (err < 0)
		return err;
	/* A native driver that is bound in spite of an override is not taken away. */
	held = t->before.driver[0] && streq(t->before.driver, t->before.override);
	if (held || !t->before.driver[0])
		err = check_use(t);
	if (err == 0 && t->request->save)
		err = prepare_removal(t);
	if (err == 0)
		err = change(t, "", held ? "" : t->before.driver);
	if (err < 0)
		return err;
	if (streq(t->before.override, VFIO_PCI) && streq(t->dev->bus, "pci"))
		binding_forget_vfio_id(t->dev);
	if (t->request->probe && binding_is(t->dev, "")) {
		err = step(t, OVERRIDE_PROBE, "");
		if (err < 0)
			return err;
		t->result->touched = true;
		binding_probe_native(t->dev);
	}
	return finish(t);
}

void override_unset(
	const struct override_request *request, struct bounded *b, struct override_result *ret)
{
	struct transaction t = transaction_new(request, b, ret);

	end(&t, unset(&t));
}

/* --- load --- */

int override_saved_identity(
	const struct device *dev, char ret_driver[SYSFS_NAME_MAX], struct policy *ret_policy)
{
	char modalias[SYSFS_VALUE_MAX], path[PATH_MAX];
	CLEANUP_FREE char *text = NULL;
	int err;

	*ret_policy = (struct policy){ 0 };
	err = store_read(dev->bus, dev->name, ret_driver);
	if (err < 0)
		return err;
	/* Without a policy for this very driver the store's file is taken as it stands. */
	if (store_read_policy(dev->bus, dev->name, &text) < 0 ||
		policy_parse(text, ret_policy) < 0 || !streq(ret_policy->driver, ret_driver)) {
		*ret_policy = (struct policy){ 0 };
		return 0;
	}
	if (!dev->path[0])
		return 0;
	err = device_identity(dev, modalias, path);
	if (err < 0)
		return err;
	return policy_matches(ret_policy, modalias, path) ? 0 : -ESTALE;
}

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
	int err = find_driver(t, saved, policy->module[0] ? policy->module : NULL, &driver);

	if (err == 0 && !streq(t->before.driver, driver.name))
		err = check_use(t);
	return err < 0 ? err : apply(t, &driver);
}

static int load(struct transaction *t)
{
	CLEANUP_FREE struct policy *policy = malloc(sizeof(*policy));
	char saved[SYSFS_NAME_MAX];
	int err = begin(t);

	if (err < 0)
		return err;
	if (!policy)
		return fail_errno(t, -ENOMEM);
	err = step(t, OVERRIDE_READ_STORE, "");
	if (err < 0)
		return err;
	err = override_saved_identity(t->dev, saved, policy);
	if (err == -ENOENT)
		return fail(t, OVERRIDE_FAILED, OVERRIDE_NOTHING_SAVED, err);
	if (err == -EBADMSG)
		return fail(t, OVERRIDE_FAILED, OVERRIDE_BAD_STORE, err);
	if (err == -ESTALE && t->request->config->identity && !t->request->force)
		return fail(t, OVERRIDE_REFUSED, OVERRIDE_OTHER_DEVICE, err);
	if (err < 0 && err != -ESTALE)
		return fail_errno(t, err);
	/* /etc may be read-only, or a copy in an initramfs: a load never writes there. */
	if (streq(policy->choose, POLICY_BEST_VFIO))
		err = apply_best(t, false);
	else
		err = apply_saved(t, saved, policy);
	if (err == 0)
		return finish(t);
	if (t->result->reason == OVERRIDE_DRIVER)
		load_native(t, saved);
	/* A driver that refuses the device leaves it to no other. */
	else if (t->result->outcome == OVERRIDE_NOT_BOUND)
		t->result->kept = true;
	return err;
}

void override_load(
	const struct override_request *request, struct bounded *b, struct override_result *ret)
{
	struct transaction t = transaction_new(request, b, ret);

	end(&t, load(&t));
}
