/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps. They come in this order, each for a reason:
 *
 *   lock            two callers on one device would undo each other's half-done work
 *   read the state  this is what to go back to
 *   check           nothing is touched yet if the answer is no
 *   find the driver this loads its module: the slowest step, and the one that fails most often
 *   prepare store   a full or read-only /etc is found while nothing has changed
 *   driver_override before the unbind, so that no other driver can take the device in between
 *   unbind
 *   bind            by the driver's own file, which returns the errno of the probe; drivers_probe
 *                   reports success for a probe that failed, so it serves only if the driver is not
 *                   known: for the native one
 *   verify          that the wanted driver has the device, and no other
 *   commit store    last: what is saved has worked once
 *
 * A failure before the commit puts back the override, then the driver. A blocked write cannot be
 * interrupted. When it returns after the deadline, the next step finds the time expired, and the
 * old state is restored.
 */
#include "change/transaction.h"

#include "change/effect.h"
#include "change/restore.h"

#include "store/lock.h"

#include <errno.h>

#define LOCK_PATIENCE_MS 1000

struct transaction transaction_new(
	const struct call *call, const struct device *dev, size_t index, struct override_end *end)
{
	struct transaction t = { .call = call,
		.dev = dev,
		.index = index,
		.lock_fd = -1,
		.end = end };

	device_key(dev, t.key);
	end->outcome = dev->path[0] ? OVERRIDE_UNTOUCHED : OVERRIDE_UNSEEN;
	return t;
}

void transaction_try_again(struct transaction *t)
{
	t->call->failure->cause = OVERRIDE_OK;
}

/* The kernel may be adding or removing the device at this moment: wait until it is clear which. */
static bool has_gone(const struct transaction *t)
{
	while (!device_is_added(t->dev) && device_is_present(t->dev) &&
		!supervise_expired(t->call->s))
		util_nap(NOT_ADDED_POLL_MS);
	return !device_is_present(t->dev);
}

/* Whatever has failed: the reason may be that the device has gone. */
static bool is_for_absence(const struct transaction *t, enum override_cause cause, int error)
{
	if (cause == OVERRIDE_ABSENT || !t->dev->path[0])
		return false;
	return (error == -ENODEV || error == -ENOENT) && has_gone(t);
}

int transaction_fail(struct transaction *t, enum override_cause cause, int error)
{
	struct override_failure *failure = t->call->failure;

	if (is_for_absence(t, cause, error))
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

/* From the first change on, only the end of the call decides what becomes of the device. */
void transaction_touch(struct transaction *t)
{
	if (effect_changes_device(t))
		t->end->outcome = OVERRIDE_UNKNOWN;
}

void transaction_keep(struct transaction *t)
{
	if (effect_changes_device(t))
		t->end->outcome = OVERRIDE_KEPT;
}

/* --- the lock --- */

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

/* While another call is at work on a device, its disk or its interface comes or goes, or its disk
 * is claimed by that call. */
static bool is_transient(const struct use *use)
{
	return use->kind == USE_UNKNOWN || use->kind == USE_NAMESPACE || use->kind == USE_CLAIMED;
}

/*
 * A lock that is held for long may be that of a blocked unbind. Who uses the device can be found
 * without asking the device, and is a better answer than a wait in vain.
 */
static int look_who_uses(struct transaction *t)
{
	int err = transaction_check_use(t);

	if (err == 0 || !is_transient(&t->call->failure->use))
		return err;
	transaction_try_again(t);
	return 0;
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

int transaction_lock(struct transaction *t)
{
	int err;

	/* A dry run leaves no file behind, and waits for nobody. */
	if (t->call->request->dry_run)
		return 0;
	err = take_lock(t);

	/* Without the lock, the device may be one that blocks whoever reads it. */
	if (t->call->failure->cause == OVERRIDE_EXPIRED ||
		t->call->failure->cause == OVERRIDE_IN_USE)
		t->end->outcome = OVERRIDE_UNSEEN;
	return err < 0 ? err : finish_killed_call(t);
}

/* --- before the change --- */

/* A load never writes to the store: /etc may be read-only, or a copy in an initramfs. */
bool transaction_saves(const struct transaction *t)
{
	return override_by_hand(t->call->request->verb) && t->call->request->save;
}

static int read_state(struct transaction *t,
	int (*read)(struct transaction *t, struct device_state *ret), struct device_state *ret)
{
	int err = transaction_step(t, OVERRIDE_READ_STATE, "");

	if (err < 0)
		return err;
	err = read(t, ret);
	if (err == -ENOENT)
		return transaction_fail(t, OVERRIDE_NOT_OVERRIDABLE, err);
	if (err == -ENODEV)
		return transaction_fail(t, OVERRIDE_ABSENT, err);
	return err < 0 ? transaction_fail_step(t, err) : 0;
}

int transaction_read_state(struct transaction *t, struct device_state *ret)
{
	return read_state(t, effect_read_state, ret);
}

int transaction_begin(struct transaction *t)
{
	int err;

	if (!t->dev->path[0])
		return transaction_fail(t, OVERRIDE_ABSENT, -ENODEV);
	err = transaction_lock(t);
	if (err < 0)
		return err;
	journal_read(t->dev, &t->entry);
	err = read_state(t, effect_begin, &t->before);
	t->end->before = t->before;
	return err;
}

/* Only one use goes through the pipe, and into the message. */
static int fail_in_use(struct transaction *t, const struct uses *uses)
{
	struct override_failure *failure = t->call->failure;

	failure->use = (struct use){ 0 };
	failure->n_more_uses = 0;
	failure->unseen = uses->unseen;
	if (uses->n > 0) {
		failure->use = uses->items[0];
		failure->n_more_uses = uses->n - 1;
	}
	return transaction_fail(t, OVERRIDE_IN_USE, -EBUSY);
}

const struct use_caller *transaction_caller(const struct transaction *t)
{
	const struct override_request *request = t->call->request;

	switch (request->verb) {
	case OVERRIDE_SET_RULE:
	case OVERRIDE_TAKE_BACK_RULED:
		return &request->caller;
	default:
		break;
	}
	if (t->wanted.by == WANTED_RULE || override_by_hand(request->verb))
		return &request->caller;
	return NULL;
}

int transaction_claim(struct transaction *t, struct use_claim *claim)
{
	const struct override_request *request = t->call->request;
	CLEANUP(uses_free) struct uses uses = { 0 };
	int err = transaction_step(t, OVERRIDE_CHECK, "");

	if (err < 0 || request->force || request->save_only)
		return err;
	err = use_claim(t->dev, transaction_caller(t), &uses, claim);
	/* A use is an answer even if another part of the check has failed. */
	if (uses.n > 0)
		return fail_in_use(t, &uses);
	if (err < 0)
		return transaction_fail_step(t, err);
	return use_is_free(&uses) ? 0 : fail_in_use(t, &uses);
}

int transaction_check_use(struct transaction *t)
{
	CLEANUP(use_release) struct use_claim claim = { 0 };

	return transaction_claim(t, &claim);
}

int transaction_prepare_removal(struct transaction *t)
{
	int err = transaction_step(t, OVERRIDE_PREPARE_STORE, "");

	if (err < 0)
		return err;
	err = saved_delete(&t->save, t->key, t->call->request->dry_run);
	return err < 0 && err != -ENOENT ? transaction_fail_step(t, err) : 0;
}

/* --- the journal --- */

static struct journal make_entry(const struct transaction *t, const char *override)
{
	static const enum journal_by wanted_by[] = {
		[WANTED_NOTHING] = JOURNAL_NOBODY,
		[WANTED_KERNEL] = JOURNAL_KERNEL,
		[WANTED_SAVED] = JOURNAL_SAVED,
		[WANTED_RULE] = JOURNAL_RULE,
	};
	struct journal entry = {
		.by = wanted_by[t->wanted.by], .how = JOURNAL_LOAD, .ms = util_now_ms()
	};

	switch (t->call->request->verb) {
	case OVERRIDE_SET:
	case OVERRIDE_SET_BEST:
		entry.how = JOURNAL_SET;
		break;
	case OVERRIDE_UNSET:
		entry.how = JOURNAL_UNSET;
		break;
	case OVERRIDE_LOAD_EARLY:
		entry.how = JOURNAL_EARLY;
		break;
	default:
		if (t->entry.how == JOURNAL_EARLY && streq(t->entry.override, override))
			entry.how = JOURNAL_EARLY;
		break;
	}
	if (override_by_hand(t->call->request->verb))
		entry.by = transaction_saves(t) ? JOURNAL_HAND : JOURNAL_HAND_NOSAVE;
	else
		memcpy(entry.rule, t->wanted.rule, sizeof(entry.rule));
	util_format(entry.override, sizeof(entry.override), "%s", override);
	return entry;
}

int transaction_note(struct transaction *t, const char *override)
{
	const struct journal entry = make_entry(t, override);
	int err;

	if (entry.by != JOURNAL_RULE && entry.how != JOURNAL_EARLY)
		return 0;
	err = transaction_step(t, OVERRIDE_RECORD, "");
	if (err < 0 || !effect_changes_device(t))
		return err;
	err = journal_write(t->dev, &entry);
	if (err < 0)
		return transaction_fail_step(t, err);
	t->noted = true;
	return 0;
}

int transaction_forget(struct transaction *t)
{
	static const struct journal none;
	int err = transaction_step(t, OVERRIDE_RECORD, "");

	if (err < 0 || !effect_changes_device(t))
		return err;
	err = journal_write(t->dev, &none);
	return err < 0 ? transaction_fail_step(t, err) : 0;
}

/* --- the end --- */

static void revert_stores(struct transaction *all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		all[i].end->store_error = savefile_revert(&all[i].save);
}

int transaction_finish(struct transaction *all, size_t n)
{
	begin_step(&all[0], OVERRIDE_SAVE, "");
	/* If the time is up, the wanted state has been reached all the same: it is not undone. */
	supervise_finish(all[0].call->s);
	for (size_t i = 0; i < n; i++) {
		int err = savefile_commit(&all[i].save);

		if (err < 0) {
			revert_stores(all, i + 1);
			return transaction_fail_step(&all[i], err);
		}
	}
	for (size_t i = 0; i < n; i++)
		all[i].end->saved = all[i].save.changes;
	return 0;
}

/* For the message of a failure. A success does not wait for another reader's lock. */
static void read_end(struct transaction *t)
{
	struct override_end *end = t->end;

	if (end->outcome == OVERRIDE_UNSEEN || device_read_state(t->dev, &end->state) == 0)
		return;
	end->outcome = end->outcome == OVERRIDE_UNTOUCHED ? OVERRIDE_UNSEEN : OVERRIDE_UNKNOWN;
}

/* driver_override need not be read again after it was written. */
static void tell_state(struct transaction *t)
{
	t->end->state = t->now;
	effect_read_driver(t, t->end->state.driver);
}

/* A load that has changed nothing may have found what another one has set, and the journal is to say
 * who wants it now. What was done, and when, stays; and so does what a person has decided. */
static bool has_new_owner(const struct transaction *t, struct journal *entry)
{
	const struct journal *old = &t->entry;

	if (journal_is_by_hand(old) || (entry->by != JOURNAL_RULE && old->by != JOURNAL_RULE))
		return false;
	if (entry->by == old->by && streq(entry->rule, old->rule) &&
		streq(entry->override, old->override))
		return false;
	memcpy(entry->driver, old->driver, sizeof(entry->driver));
	if (old->by != JOURNAL_NOBODY)
		entry->ms = old->ms;
	return true;
}

/* If the journal cannot be written, this is missed only by events and loads that follow. */
static void note_change(const struct transaction *t)
{
	enum override_verb verb = t->call->request->verb;
	struct journal entry = make_entry(t, t->now.override);

	if (!t->dev->path[0] || !effect_changes_device(t))
		return;
	switch (verb) {
	case OVERRIDE_LOAD_EARLY: /* transaction_note() */
	case OVERRIDE_TAKE_BACK:  /* transaction_forget() */
	case OVERRIDE_TAKE_BACK_RULED:
		return;
	default:
		break;
	}
	util_format(entry.driver, sizeof(entry.driver), "%s", t->bound);
	if (!override_by_hand(verb)) {
		bool kept = t->end->outcome == OVERRIDE_KEPT;

		/* Given back, because no rule wants it any more. */
		if (!t->wanted.driver[0] && !t->wanted.best)
			entry.by = JOURNAL_NOBODY;
		if (!kept && (entry.by == JOURNAL_NOBODY || !has_new_owner(t, &entry)))
			return;
	}
	(void)journal_write(t->dev, &entry);
}

void transaction_end(struct transaction *t)
{
	bool failed = t->call->failure->cause != OVERRIDE_OK;

	/* First: putting the device back may block, and no temporary file may wait for that. */
	savefile_discard(&t->save);
	if (failed) {
		restore_put_back(t);
		read_end(t);
	} else {
		if (t->end->outcome == OVERRIDE_UNKNOWN)
			t->end->outcome = OVERRIDE_KEPT;
		tell_state(t);
		note_change(t);
	}
	util_closep(&t->lock_fd);
}
