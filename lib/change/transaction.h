/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The change of one device of a call; private to lib/change. It is begun, decided (plan.h),
 * executed step by step, and ended, which puts back what was changed if the call has failed.
 *
 * What fails notes the failure in the call and returns -errno; the loop in override.c then ends the
 * call.
 */
#pragma once

#include "change/override.h"
#include "change/plan.h"

#include "kernel/driver.h"
#include "store/journal.h"
#include "store/saved.h"
#include "store/target.h"
#include "use/use.h"

/** How often to look whether the kernel has added, or removed, a device. */
#define NOT_ADDED_POLL_MS 10

struct supervise;

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
	struct target target;       /* by the call, or what is wanted for the device */
	int target_error;           /* of target_of(): nothing is wanted, or not for this device */
	struct device_state before; /* what to go back to */
	struct device_state now;    /* as of the last look or change */
	bool takes_back;            /* it has an override that nobody wants any more */
	bool is_kept_off;           /* the wanted override was there before */
	struct plan_facts facts;
	struct plan plan;
	struct {
		const char *given;  /* a driver's or a module's name, or DRIVER_NONE */
		const char *module; /* the module to load for it; "" for none */
		const char *choose; /* how a set saves it, POLICY_... */
	} choice;                   /* the driver to give the device to */
	struct driver driver;       /* the wanted one, once it is found */
	struct use_claim claim;
	struct savefile save;
	struct journal entry;       /* of the journal, before the change */
	bool noted;                 /* the journal was changed: to be put back to @entry */
	char bound[SYSFS_NAME_MAX]; /* the driver that this call has bound, or tried to; or "" */
	/* UNKNOWN from the first change on, until it is known how the call ends. */
	struct override_end *end;
};

/** transaction_new - nothing is done yet. @end: filled by transaction_end(), which must follow */
struct transaction transaction_new(
	const struct call *call, const struct device *dev, size_t index, struct override_end *end);

/**
 * transaction_begin - take the lock of the device, finish what a killed call has left, and read
 * what is bound
 *
 * Return: 0, or -errno after transaction_fail().
 */
int transaction_begin(struct transaction *t);

/** transaction_finish - commit the stores of @n transactions, all or none. Return: as above. */
int transaction_finish(struct transaction *all, size_t n);

/** transaction_end - after a failure, put the device back; release everything */
void transaction_end(struct transaction *t);

/* For the steps: */

/** transaction_fail - note why the present step failed. Return: @error, below 0. */
int transaction_fail(struct transaction *t, enum override_cause cause, int error);

/** transaction_fail_step - the present step failed with -errno, which says it all */
int transaction_fail_step(struct transaction *t, int error);

/** transaction_fail_expired - the time is up */
int transaction_fail_expired(struct transaction *t);

/** transaction_try_again - forget the failure: another way is tried */
void transaction_try_again(struct transaction *t);

/**
 * transaction_step - say which step begins
 * @subject: see enum override_step
 *
 * Return: 0; -ETIMEDOUT after transaction_fail() if the time is up.
 */
int transaction_step(struct transaction *t, enum override_step step, const char *subject);

/** transaction_changes_device - whether the call changes devices: it is no dry run, and does not
 * only save */
bool transaction_changes_device(const struct transaction *t);

/** transaction_read_state - read t->now. Return: 0, or -errno after transaction_fail(). */
int transaction_read_state(struct transaction *t);

/**
 * transaction_caller - who asks for the change
 *
 * Return: NULL if that is no person. A rule asks like one: it may be for devices that nobody has
 * thought of.
 */
const struct use_caller *transaction_caller(const struct transaction *t);

/**
 * transaction_judge - whether the uses of the device allow the change
 * @error: -errno of finding them, or 0
 *
 * Return: 0; -errno after transaction_fail().
 */
int transaction_judge(struct transaction *t, const struct uses *uses, int error);

/** transaction_check_use - see that nothing uses the device. Return: as above. */
int transaction_check_use(struct transaction *t);

/**
 * transaction_hold - see that nothing uses the device, and keep its disks so until
 * use_release(&t->claim)
 *
 * Return: 0, or -errno after transaction_fail().
 */
int transaction_hold(struct transaction *t);

/** transaction_touch - the device is about to change; from now on the end decides what becomes of
 * it */
void transaction_touch(struct transaction *t);

/** transaction_keep - the change stays, although the call has failed */
void transaction_keep(struct transaction *t);
