/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps that the change of one device is made of; private to lib/change. override.c says which
 * steps make up a verb; transaction.c explains their order.
 *
 * A step that fails notes the failure in the call and returns -errno; the loop in override.c then
 * ends the call, which puts back what was changed.
 */
#pragma once

#include "change/override.h"

#include "kernel/driver.h"
#include "store/journal.h"
#include "store/saved.h"

/** How often to look whether the kernel has added, or removed, a device. */
#define NOT_ADDED_POLL_MS 10

/** One call: what all of its devices share. */
struct call {
	const struct override_request *request;
	size_t n; /* of its devices */
	struct supervise *s;
	struct override_failure *failure;
};

/** One device of a call. */
struct transaction {
	const struct call *call;
	const struct device *dev;
	size_t index;
	char key[DEVICE_KEY_MAX]; /* of the store */
	int lock_fd;
	struct device_state before;
	struct device_state now; /* as of the last look or change; see effect.h */
	struct wanted wanted;    /* what a load applies */
	struct journal entry;    /* of the device, as it was before the call */
	bool noted;              /* transaction_note() has replaced it */
	struct savefile save;
	char bound[SYSFS_NAME_MAX]; /* the driver that this call has bound, or tried to; or "" */
	/* UNKNOWN from the first change on, until it is known how the call ends. */
	struct override_end *end;
};

/** transaction_new - nothing is done yet. @end: filled by transaction_end(), which must follow */
struct transaction transaction_new(
	const struct call *call, const struct device *dev, size_t index, struct override_end *end);

/** transaction_fail - note why the present step failed. Return: @error, below 0. */
int transaction_fail(struct transaction *t, enum override_cause cause, int error);

/** transaction_fail_step - the present step failed with -errno, which says it all */
int transaction_fail_step(struct transaction *t, int error);

/** transaction_fail_expired - the time is up */
int transaction_fail_expired(struct transaction *t);

/** transaction_try_again - forget the failure: another way is tried */
void transaction_try_again(struct transaction *t);

/*
 * The steps. Each returns 0, or -errno after transaction_fail(); each fails if the time is up.
 */

/** transaction_step - say which step begins. @subject: see enum override_step */
int transaction_step(struct transaction *t, enum override_step step, const char *subject);

/** transaction_lock - take the lock of the device, and finish what a killed call has left */
int transaction_lock(struct transaction *t);

/** transaction_begin - see that the device is present, take its lock, read its state */
int transaction_begin(struct transaction *t);

/** transaction_read_state - read what is bound, and what is asked for */
int transaction_read_state(struct transaction *t, struct device_state *ret);

/**
 * transaction_caller - who asks for the change
 *
 * Return: NULL if that is no person. A rule asks like one: it may be for devices that nobody has
 * thought of.
 */
const struct use_caller *transaction_caller(const struct transaction *t);

/** transaction_check_use - see that nothing uses the device */
int transaction_check_use(struct transaction *t);

/**
 * transaction_claim - see that nothing uses the device, and keep it so until the unbind has
 * returned
 * @claim: see use_claim()
 */
int transaction_claim(struct transaction *t, struct use_claim *claim);

/** transaction_prepare_removal - see that the saved override, if any, can be removed */
int transaction_prepare_removal(struct transaction *t);

/** transaction_saves - whether the call changes the store; a load never does */
bool transaction_saves(const struct transaction *t);

/**
 * transaction_note - note in the journal who wants the override that is about to be written
 *
 * A change by hand, and one by a saved override, are noted when they are done. But what the early
 * step and rules have set is taken back by what the journal says.
 */
int transaction_note(struct transaction *t, const char *override);

/** transaction_forget - drop the entry of the device from the journal */
int transaction_forget(struct transaction *t);

/** transaction_touch - the device is about to change; from now on the end decides what becomes of
 * it */
void transaction_touch(struct transaction *t);

/** transaction_keep - the change stays, although the call has failed */
void transaction_keep(struct transaction *t);

/** transaction_finish - the last step: commit the stores of @n transactions, all or none */
int transaction_finish(struct transaction *all, size_t n);

/** transaction_end - after a failure, put the device back; release everything */
void transaction_end(struct transaction *t);
