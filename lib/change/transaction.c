/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps. In this order, and each for a reason:
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
#include "change/transaction.h"

#include "kernel/binding.h"

#include <errno.h>
#include <fcntl.h>

#define LOCK_PATIENCE_MS 1000
#define NOT_ADDED_POLL_MS 10

struct transaction transaction_new(const struct override_request *request, size_t index,
	bool by_hand, struct bounded *b, struct override_result *result)
{
	*result = (struct override_result){ 0 };
	return (struct transaction){ .request = request,
		.dev = &request->dev,
		.index = index,
		.b = b,
		.result = result,
		.store = PENDING_NONE,
		.lock_fd = -1,
		.by_hand = by_hand };
}

void transaction_go_on(struct transaction *t)
{
	t->result->outcome = OVERRIDE_DONE;
	t->result->reason = OVERRIDE_BY_ERRNO;
}

/* Where it comes or goes at this very moment, which of them is waited for. */
static bool has_gone(const struct transaction *t)
{
	while (!device_is_added(t->dev) && device_is_present(t->dev) && !bounded_expired(t->b))
		util_nap(NOT_ADDED_POLL_MS);
	return !device_is_present(t->dev);
}

/* Every failure is told by the step it happened in. Return: @error, below 0. */
int transaction_fail(struct transaction *t, enum override_outcome outcome,
	enum override_reason reason, int error)
{
	/* Whatever failed: the device has gone meanwhile. */
	if ((outcome == OVERRIDE_FAILED || outcome == OVERRIDE_NOT_BOUND) &&
		(error == -ENODEV || error == -ENOENT) && t->dev->path[0] && has_gone(t)) {
		outcome = OVERRIDE_NO_DEVICE;
		reason = OVERRIDE_ABSENT;
	}
	t->result->outcome = outcome;
	t->result->reason = reason;
	t->result->error = error;
	return error;
}

int transaction_fail_errno(struct transaction *t, int error)
{
	return transaction_fail(t, OVERRIDE_FAILED, OVERRIDE_BY_ERRNO, error);
}

static void begin_step(struct transaction *t, enum override_step step, const char *subject)
{
	t->result->step = step;
	util_format(t->result->subject, sizeof(t->result->subject), "%s", subject);
	bounded_step(t->b, t->index, (int)step, subject);
}

/* Begin a step; fails where the time is up, which turns the transaction back. */
int transaction_step(struct transaction *t, enum override_step step, const char *subject)
{
	begin_step(t, step, subject);
	if (bounded_expired(t->b))
		return transaction_fail(t, OVERRIDE_UNFINISHED, OVERRIDE_EXPIRED, -ETIMEDOUT);
	return 0;
}

/* --- steps --- */

static void lock_held_by(pid_t pid, void *userdata)
{
	struct transaction *t = userdata;

	util_format(t->result->subject, sizeof(t->result->subject), "%ld", (long)pid);
	bounded_step(t->b, t->index, OVERRIDE_LOCK, t->result->subject);
}

static int wait_for_lock(struct transaction *t, int64_t until_ms)
{
	char key[DEVICE_KEY_MAX];
	int err = transaction_step(t, OVERRIDE_LOCK, "");

	if (err < 0)
		return err;
	device_key(t->dev, key);
	err = lock_take(key, until_ms, lock_held_by, t, &t->lock_fd);
	if (err < 0)
		t->lock_fd = err;
	return 0;
}

/* A load does not write to the store; --nosave does not depend on it. */
static int tidy(struct transaction *t)
{
	char key[DEVICE_KEY_MAX];
	int err;

	device_key(t->dev, key);
	err = t->by_hand ? pending_tidy(key) : 0;
	if (err == 0 || !t->request->save)
		return 0;
	t->result->step = OVERRIDE_PREPARE_STORE;
	return transaction_fail_errno(t, err);
}

/*
 * A lock that is held for so long may be that of a blocked unbind. Who uses the device is found
 * without asking the device, and is a better answer than a wait in vain.
 */
int transaction_lock(struct transaction *t)
{
	int64_t deadline_ms = t->request->deadline_ms;
	int64_t patience_ms = util_now_ms() + LOCK_PATIENCE_MS;
	bool look = t->dev->path[0] && patience_ms < deadline_ms;
	int err = wait_for_lock(t, look ? patience_ms : deadline_ms);

	if (err == 0 && look && t->lock_fd == -ETIMEDOUT) {
		err = transaction_check_use(t);
		t->checked = false;
		/* It may be a disk that comes or goes while the lock's holder is at work. */
		if (err < 0 && t->result->holder.kind == USE_UNKNOWN) {
			transaction_go_on(t);
			err = 0;
		}
		if (err == 0)
			err = wait_for_lock(t, deadline_ms);
	}
	if (err < 0)
		return err;
	if (t->lock_fd == -ETIMEDOUT)
		return transaction_fail(t, OVERRIDE_UNFINISHED, OVERRIDE_EXPIRED, -ETIMEDOUT);
	return t->lock_fd < 0 ? transaction_fail_errno(t, t->lock_fd) : tidy(t);
}

static int read_state(struct transaction *t, struct device_state *ret)
{
	int err = transaction_step(t, OVERRIDE_READ_STATE, "");

	if (err < 0)
		return err;
	err = device_read_state(AT_FDCWD, t->dev->path, ret);
	if (err == -ENOENT)
		return transaction_fail(t, OVERRIDE_FAILED, OVERRIDE_NOT_OVERRIDABLE, err);
	if (err == -ENODEV)
		return transaction_fail(t, OVERRIDE_NO_DEVICE, OVERRIDE_ABSENT, err);
	return err < 0 ? transaction_fail_errno(t, err) : 0;
}

int transaction_begin(struct transaction *t)
{
	int err;

	if (!t->dev->path[0])
		return transaction_fail(t, OVERRIDE_NO_DEVICE, OVERRIDE_ABSENT, -ENODEV);
	err = transaction_lock(t);
	return err < 0 ? err : read_state(t, &t->before);
}

/* Whether the driver may be taken away. */
int transaction_check_use(struct transaction *t)
{
	int err;

	if (t->checked)
		return 0;
	err = transaction_step(t, OVERRIDE_CHECK, "");
	if (err < 0 || t->request->force)
		return err;
	t->checked = true;
	err = use_find(t->dev, t->by_hand, &t->result->holder);
	if (err < 0)
		return transaction_fail_errno(t, err);
	if (t->result->holder.kind != USE_NONE || t->result->holder.unseen > 0)
		return transaction_fail(t, OVERRIDE_REFUSED, OVERRIDE_IN_USE, -EBUSY);
	return 0;
}

int transaction_find_driver(
	struct transaction *t, const char *given, const char *module, struct driver *ret)
{
	int err = transaction_step(t, OVERRIDE_FIND_DRIVER, given);

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
	return transaction_fail(t, OVERRIDE_FAILED,
		t->result->driver_problem == DRIVER_OK ? OVERRIDE_BY_ERRNO : OVERRIDE_DRIVER, err);
}

int transaction_prepare_store(
	struct transaction *t, const struct driver *driver, const char *choose)
{
	CLEANUP_FREE char *text = NULL;
	struct policy policy = { 0 };
	char key[DEVICE_KEY_MAX];
	int err = transaction_step(t, OVERRIDE_PREPARE_STORE, "");

	if (err < 0)
		return err;
	/* What was prepared for another candidate. */
	pending_discard(&t->store);
	memcpy(policy.driver, driver->name, sizeof(policy.driver));
	memcpy(policy.module, driver->module, sizeof(policy.module));
	util_format(policy.choose, sizeof(policy.choose), "%s", choose);
	err = device_identity(t->dev, policy.modalias, policy.path);
	if (err == 0)
		err = policy_format(&policy, &text);
	if (err == -EINVAL) {
		/* A modalias that the format cannot hold: the place alone identifies the device. */
		policy.modalias[0] = '\0';
		err = policy_format(&policy, &text);
	}
	device_key(t->dev, key);
	if (err == 0)
		err = pending_prepare(&t->store, key, driver->name, text);
	return err < 0 ? transaction_fail_errno(t, err) : 0;
}

int transaction_prepare_removal(struct transaction *t)
{
	char key[DEVICE_KEY_MAX];
	int err = transaction_step(t, OVERRIDE_PREPARE_STORE, "");

	if (err < 0)
		return err;
	device_key(t->dev, key);
	err = pending_prepare_removal(&t->store, key);
	return err < 0 && err != -ENOENT ? transaction_fail_errno(t, err) : 0;
}

int transaction_write(struct transaction *t, const char *override)
{
	int err = transaction_step(t, OVERRIDE_WRITE, override);

	if (err < 0)
		return err;
	t->result->touched = true;
	err = binding_write_override(t->dev, override);
	return err < 0 ? transaction_fail_errno(t, err) : 0;
}

int transaction_unbind(struct transaction *t, const char *driver)
{
	int err = transaction_step(t, OVERRIDE_UNBIND, driver);

	if (err < 0)
		return err;
	t->result->touched = true;
	err = binding_unbind(t->dev, driver);
	/* What has left its driver by itself meanwhile is where it should be. */
	if (err < 0 && !binding_is(t->dev, ""))
		return transaction_fail_errno(t, err);
	return 0;
}

/* driver_override, then the unbind of a driver that is not to stay: @driver, "" for none. */
int transaction_change(struct transaction *t, const char *override, const char *driver)
{
	struct device_state now;
	int err = read_state(t, &now);

	if (err < 0)
		return err;
	if (!streq(now.override, override)) {
		err = transaction_write(t, override);
		/* Until then the driver of another override may have taken it: one that was written
		 * early, say, and whose module another device has just loaded. */
		if (err == 0 && override[0])
			err = read_state(t, &now);
		if (err < 0)
			return err;
	}
	return !now.driver[0] || streq(now.driver, driver) ? 0 : transaction_unbind(t, now.driver);
}

static int bind_driver(struct transaction *t, const char *driver)
{
	bool added;
	int err;

	if (binding_is(t->dev, driver))
		return 0;
	err = transaction_step(t, OVERRIDE_BIND, driver);
	if (err < 0)
		return err;
	t->result->touched = true;
	added = device_is_added(t->dev);
	err = binding_bind(t->dev, driver);
	/* Where the kernel is still adding the device, or taking it away, no driver said that. */
	while (err == -ENODEV && !added && device_is_present(t->dev) && !bounded_expired(t->b)) {
		added = device_is_added(t->dev);
		util_nap(NOT_ADDED_POLL_MS);
		err = binding_bind(t->dev, driver);
	}
	if (err == -ENODEV && !added && bounded_expired(t->b))
		return transaction_fail(t, OVERRIDE_UNFINISHED, OVERRIDE_EXPIRED, -ETIMEDOUT);
	/* Another writer, udev's own probe, say, may have been first. */
	if (err < 0 && !binding_is(t->dev, driver))
		return transaction_fail(t, OVERRIDE_NOT_BOUND, OVERRIDE_BY_ERRNO, err);
	return 0;
}

int transaction_probe(struct transaction *t)
{
	struct device_state now;
	int err = read_state(t, &now);

	if (err < 0 || now.driver[0])
		return err;
	err = transaction_step(t, OVERRIDE_PROBE, "");
	if (err < 0)
		return err;
	t->result->touched = true;
	err = binding_probe_native(t->dev);
	return err < 0 && binding_is(t->dev, "") ? transaction_fail_errno(t, err) : 0;
}

static int verify(struct transaction *t, const char *driver)
{
	int err = transaction_step(t, OVERRIDE_VERIFY, driver);

	if (err < 0)
		return err;
	if (!binding_is(t->dev, driver))
		return transaction_fail(t, OVERRIDE_NOT_BOUND, OVERRIDE_WRONG_DRIVER, -ENODEV);
	return 0;
}

/* Write, unbind, bind and verify, as far as --noprobe lets it. */
int transaction_apply(struct transaction *t, const struct driver *driver)
{
	bool none = streq(driver->name, OVERRIDE_NONE);
	int err = transaction_change(t, driver->name, none ? "" : driver->name);

	if (err == 0 && t->request->probe && !none)
		err = bind_driver(t, driver->name);
	if (err == 0 && (t->request->probe || none))
		err = verify(t, none ? "" : driver->name);
	t->bound = err == 0 && t->request->probe && !none;
	return err;
}

int transaction_finish(struct transaction *all, size_t n, size_t *ret_at)
{
	*ret_at = 0;
	begin_step(&all[0], OVERRIDE_SAVE, "");
	if (!bounded_finish(all[0].b))
		return transaction_fail(&all[0], OVERRIDE_UNFINISHED, OVERRIDE_EXPIRED, -ETIMEDOUT);
	for (*ret_at = 0; *ret_at < n; ++*ret_at) {
		struct transaction *t = &all[*ret_at];
		int err;

		t->result->step = OVERRIDE_SAVE;
		t->result->subject[0] = '\0';
		t->result->stored = pending_changes(&t->store);
		err = pending_commit(&t->store);
		if (err == 0)
			continue;
		for (size_t i = 0; i <= *ret_at; i++)
			all[i].result->store_broken = pending_revert(&all[i].store) < 0;
		return transaction_fail_errno(t, err);
	}
	return 0;
}

/* --- the end --- */

void transaction_end(struct transaction *t, int err)
{
	struct override_result *result = t->result;

	/* First: to put the device back may block, and no temporary file is to wait for it. */
	pending_discard(&t->store);
	if (err < 0 && result->touched && !result->kept) {
		bounded_step(t->b, t->index, OVERRIDE_RESTORE, t->before.driver);
		result->restore_error = binding_restore(t->dev, &t->before);
	}
	/* For the message of a failure; what went well is not to wait for another reader's lock.
	 * Without our lock the device may be one that blocks its readers. */
	if (err < 0 && t->dev->path[0] && t->lock_fd != -ETIMEDOUT)
		result->state_known =
			device_read_state(AT_FDCWD, t->dev->path, &result->state) == 0;
	if (err == 0 && t->bound)
		lock_mark(t->lock_fd);
	util_closep(&t->lock_fd);
}
