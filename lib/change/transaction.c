/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The frame around the change of a device: its lock, what is found out first, and the end.
 *
 * A failure before the store is committed puts back the driver, then the override. A blocked write
 * cannot be interrupted. When it returns after the deadline, the next step finds the time expired,
 * and the old state is restored.
 */
#include "change/transaction.h"

#include "kernel/binding.h"
#include "kernel/pci.h"
#include "store/lock.h"
#include "store/target.h"
#include "base/supervise.h"

#include <errno.h>

#define LOCK_PATIENCE_MS 1000

struct transaction transaction_new(
	const struct call *call, const struct device *dev, size_t index, struct override_end *end)
{
	struct transaction t = {
		.call = call, .dev = dev, .index = index, .lock_fd = -1, .end = end
	};

	device_key(dev, t.key);
	end->outcome = dev->path[0] ? OVERRIDE_UNTOUCHED : OVERRIDE_UNSEEN;
	return t;
}

/* --- failures and steps --- */

void transaction_try_again(struct transaction *t)
{
	t->call->failure->cause = OVERRIDE_OK;
}

/* The kernel may be adding or removing the device at this moment: wait until it is clear which. */
static bool has_gone(const struct transaction *t)
{
	while (!pci_is_added(t->dev) && device_is_present(t->dev) && !supervise_expired(t->call->s))
		util_nap(NOT_ADDED_POLL_MS);
	return !device_is_present(t->dev);
}

int transaction_fail(struct transaction *t, enum override_cause cause, int error)
{
	struct override_failure *failure = t->call->failure;
	bool absent = error == -ENODEV || error == -ENOENT;

	/* Whatever has failed: the reason may be that the device has gone. */
	if (absent && cause != OVERRIDE_ABSENT && t->dev->path[0] && has_gone(t))
		cause = OVERRIDE_ABSENT;
	failure->cause = cause;
	failure->device = t->index;
	failure->error = error;
	return error;
}

int transaction_fail_step(struct transaction *t, int error)
{
	return transaction_fail(t, OVERRIDE_STEP_FAILED, error);
}

int transaction_fail_expired(struct transaction *t)
{
	return transaction_fail(t, OVERRIDE_EXPIRED, -ETIMEDOUT);
}

static void begin_step(struct transaction *t, enum override_step step, const char *subject)
{
	struct override_failure *failure = t->call->failure;

	failure->step = step;
	util_format(failure->subject, sizeof(failure->subject), "%s", subject);
	supervise_step(t->call->s, t->index, (int)step, subject);
}

int transaction_step(struct transaction *t, enum override_step step, const char *subject)
{
	begin_step(t, step, subject);
	return supervise_expired(t->call->s) ? transaction_fail_expired(t) : 0;
}

bool transaction_changes_device(const struct transaction *t)
{
	return !t->call->request->dry_run && !t->call->request->save_only;
}

void transaction_touch(struct transaction *t)
{
	t->end->outcome = OVERRIDE_UNKNOWN;
}

void transaction_keep(struct transaction *t)
{
	if (transaction_changes_device(t))
		t->end->outcome = OVERRIDE_KEPT;
}

/* --- who uses it --- */

const struct use_caller *transaction_caller(const struct transaction *t)
{
	const struct override_request *request = t->call->request;

	if (override_by_hand(request->verb) || t->target.by == TARGET_RULE)
		return &request->caller;
	if (t->takes_back && request->verb == OVERRIDE_LOAD)
		return &request->caller;
	return NULL;
}

int transaction_judge(struct transaction *t, const struct uses *uses, int error)
{
	struct override_failure *failure = t->call->failure;

	failure->use = uses->n > 0 ? uses->items[0] : (struct use){ 0 };
	failure->n_more_uses = uses->n > 0 ? uses->n - 1 : 0;
	failure->unseen = uses->unseen;
	/* A use is an answer even if another part of the check has failed. */
	if (error < 0 && uses->n == 0)
		return transaction_fail_step(t, error);
	if (use_is_free(uses))
		return 0;
	return transaction_fail(t, OVERRIDE_IN_USE, -EBUSY);
}

int transaction_hold(struct transaction *t)
{
	CLEANUP(uses_free) struct uses uses = { 0 };
	int err = transaction_step(t, OVERRIDE_CHECK, "");

	if (err < 0 || t->call->request->force || t->call->request->save_only)
		return err;
	use_release(&t->claim);
	err = use_claim(t->dev, transaction_caller(t), &uses, &t->claim);
	return transaction_judge(t, &uses, err);
}

int transaction_check_use(struct transaction *t)
{
	int err = transaction_hold(t);

	use_release(&t->claim);
	return err;
}

/* --- begin --- */

static void locked_by(pid_t pid, void *userdata)
{
	struct transaction *t = userdata;
	char subject[32];

	util_format(subject, sizeof(subject), "%ld", (long)pid);
	begin_step(t, OVERRIDE_LOCK, subject);
}

/* Return: 0, also after -ETIMEDOUT, which only @ret_late tells; -errno after transaction_fail(). */
static int wait_for_lock(struct transaction *t, int64_t until_ms, bool *ret_late)
{
	int err = transaction_step(t, OVERRIDE_LOCK, "");

	if (err < 0)
		return err;
	err = lock_take(t->key, until_ms, locked_by, t, &t->lock_fd);
	*ret_late = err == -ETIMEDOUT;
	return err < 0 && !*ret_late ? transaction_fail_step(t, err) : 0;
}

/*
 * A lock that is held for long may be that of a blocked unbind. Who uses the device can be found
 * without asking the device, and is a better answer than a wait in vain. But while another call is
 * at work on a device, its disk or its interface comes or goes, or its disk is claimed by that
 * call.
 */
static int look_who_uses(struct transaction *t)
{
	int err = transaction_check_use(t);

	if (err == 0)
		return 0;
	switch (t->call->failure->use.kind) {
	case USE_UNKNOWN:
	case USE_NAMESPACE:
	case USE_CLAIMED:
		transaction_try_again(t);
		return 0;
	default:
		return err;
	}
}

static int take_lock(struct transaction *t)
{
	int64_t deadline_ms = t->call->request->deadline_ms;
	int64_t patience_ms = util_now_ms() + LOCK_PATIENCE_MS;
	bool late;
	int err;

	if (t->dev->path[0] && patience_ms < deadline_ms) {
		err = wait_for_lock(t, patience_ms, &late);
		if (err < 0 || !late)
			return err;
		err = look_who_uses(t);
		if (err < 0)
			return err;
	}
	err = wait_for_lock(t, deadline_ms, &late);
	if (err < 0 || !late)
		return err;
	return transaction_fail_expired(t);
}

/* --nosave does not depend on the store. */
static int finish_killed_call(struct transaction *t)
{
	int err;

	if (!override_by_hand(t->call->request->verb))
		return 0;
	err = saved_tidy(t->key);
	if (err == 0 || !t->call->request->save)
		return 0;
	begin_step(t, OVERRIDE_PREPARE_STORE, "");
	return transaction_fail_step(t, err);
}

/* A dry run leaves no file behind, and waits for nobody. */
static int lock(struct transaction *t)
{
	const struct override_failure *failure = t->call->failure;
	int err;

	if (t->call->request->dry_run)
		return 0;
	err = take_lock(t);
	/* Without the lock, the device may be one that blocks whoever reads it. */
	if (failure->cause == OVERRIDE_EXPIRED || failure->cause == OVERRIDE_IN_USE)
		t->end->outcome = OVERRIDE_UNSEEN;
	return err < 0 ? err : finish_killed_call(t);
}

int transaction_read_state(struct transaction *t)
{
	int err = transaction_step(t, OVERRIDE_READ_STATE, "");

	if (err < 0)
		return err;
	err = device_read_state(t->dev, &t->now);
	if (err == -ENOENT)
		return transaction_fail(t, OVERRIDE_NOT_OVERRIDABLE, err);
	if (err == -ENODEV)
		return transaction_fail(t, OVERRIDE_ABSENT, err);
	return err < 0 ? transaction_fail_step(t, err) : 0;
}

/* An absent device may have a saved override to remove. */
static int begin_absent(struct transaction *t)
{
	const struct override_request *request = t->call->request;
	int err;

	if (request->verb != OVERRIDE_UNSET || !request->save)
		return transaction_fail(t, OVERRIDE_ABSENT, -ENODEV);
	err = transaction_step(t, OVERRIDE_PREPARE_STORE, "");
	if (err < 0)
		return err;
	err = saved_delete(&t->save, t->key, true);
	if (err == -ENOENT)
		return transaction_fail(t, OVERRIDE_ABSENT, -ENODEV);
	if (err < 0)
		return transaction_fail_step(t, err);
	savefile_discard(&t->save);
	return lock(t);
}

int transaction_begin(struct transaction *t)
{
	int err;

	if (!t->dev->path[0])
		return begin_absent(t);
	err = lock(t);
	if (err < 0)
		return err;
	err = transaction_read_state(t);
	t->before = t->now;
	t->end->before = t->now;
	journal_read(t->dev, &t->entry);
	return err;
}

/* --- the end --- */

int transaction_finish(struct transaction *all, size_t n)
{
	begin_step(&all[0], OVERRIDE_SAVE, "");
	/* If the time is up, the wanted state has been reached all the same: it is not undone. */
	supervise_finish(all[0].call->s);
	for (size_t i = 0; i < n; i++) {
		int err = savefile_commit(&all[i].save);

		if (err == 0)
			continue;
		for (size_t j = 0; j <= i; j++)
			all[j].end->store_error = savefile_revert(&all[j].save);
		return transaction_fail_step(&all[i], err);
	}
	for (size_t i = 0; i < n; i++)
		all[i].end->saved = all[i].save.changes;
	return 0;
}

/* A driver is taken away only if nothing uses the device, not even with --force: nobody has been
 * asked about what has begun since. */
static int unbind_unused(struct transaction *t, const char *driver)
{
	CLEANUP(use_release) struct use_claim claim = { 0 };
	CLEANUP(uses_free) struct uses uses = { 0 };
	int err = use_claim(t->dev, transaction_caller(t), &uses, &claim);

	if (err < 0)
		return err;
	return use_is_free(&uses) ? binding_unbind(t->dev, driver) : -EBUSY;
}

/* If the device is where it was, or is in use where it is now, only driver_override is put back. */
static int restore_driver(struct transaction *t)
{
	const char *driver = t->before.driver;
	char now[SYSFS_NAME_MAX];
	int err = device_driver(t->dev, now);

	if (err < 0 || streq(now, driver))
		return err;
	/* Another driver has come since: that is somebody's decision. */
	if (now[0] && !streq(now, t->bound))
		return -EBUSY;
	if (now[0]) {
		err = unbind_unused(t, now);
		if (err < 0)
			return err;
	}
	if (!driver[0])
		return 0;
	/* Only the driver that driver_override names is sure to match. */
	err = binding_write_override(t->dev, driver);
	if (err < 0)
		return err;
	err = binding_bind(t->dev, driver);
	return binding_is(t->dev, driver) ? 0 : err;
}

static void put_back(struct transaction *t)
{
	struct override_end *end = t->end;
	bool kept = end->outcome == OVERRIDE_KEPT;
	int err = 0;

	if (end->outcome == OVERRIDE_UNKNOWN) {
		supervise_step(t->call->s, t->index, OVERRIDE_RESTORE, t->before.driver);
		end->restore_error = restore_driver(t);
		err = binding_write_override(t->dev, t->before.override);
		if (end->restore_error == 0)
			end->restore_error = err;
		end->outcome = end->restore_error ? OVERRIDE_NOT_RESTORED : OVERRIDE_RESTORED;
	}
	if (end->store_error)
		end->outcome = OVERRIDE_NOT_RESTORED;
	/* The override that is back may be that of another rule, of an older form of this one, or
	 * somebody's decision. */
	if (t->noted && err == 0 && !kept)
		(void)journal_write(t->dev, &t->entry);
	/* For the message. A success does not wait for another reader's lock. */
	if (end->outcome == OVERRIDE_UNSEEN || device_read_state(t->dev, &end->state) == 0)
		return;
	end->outcome = end->outcome == OVERRIDE_UNTOUCHED ? OVERRIDE_UNSEEN : OVERRIDE_UNKNOWN;
}

void transaction_end(struct transaction *t)
{
	/* First: putting the device back may block, and no temporary file may wait for that. */
	savefile_discard(&t->save);
	use_release(&t->claim);
	if (t->call->failure->cause != OVERRIDE_OK) {
		put_back(t);
	} else {
		if (t->end->outcome == OVERRIDE_UNKNOWN)
			t->end->outcome = OVERRIDE_KEPT;
		/* driver_override need not be read again after it was written. */
		t->end->state = t->now;
		if (transaction_changes_device(t))
			device_driver(t->dev, t->end->state.driver);
	}
	util_closep(&t->lock_fd);
}
