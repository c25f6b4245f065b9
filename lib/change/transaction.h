/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A change of one device's driver: what is asked, the steps it is made of, how it ended. Which
 * steps make up a set, an unset or a load is for override.h; each is explained in transaction.c.
 *
 * A step that fails notes why in the result; what was changed by then is put back at the end.
 */
#pragma once

#include "base/bounded.h"
#include "kernel/driver.h"
#include "use/use.h"
#include "store/config.h"
#include "store/policy.h"
#include "store/pending.h"
#include "store/lock.h"

/** The driver's name that means: no driver at all. */
#define OVERRIDE_NONE "none"

/** How it ended; driverctl's exit code. */
enum override_outcome {
	OVERRIDE_DONE = 0,
	OVERRIDE_FAILED = 1,
	OVERRIDE_NO_DEVICE = 3,
	OVERRIDE_REFUSED = 4,
	OVERRIDE_NOT_BOUND = 5,
	OVERRIDE_UNFINISHED = 6,
};

/** What is being done, or failed. For bounded_step(). */
enum override_step {
	OVERRIDE_LOCK, /* subject: the pid that holds the lock, or "" */
	OVERRIDE_READ_STATE,
	OVERRIDE_READ_STORE,
	OVERRIDE_CHECK, /* whether it is in use, or another device */
	OVERRIDE_RANK,
	OVERRIDE_FIND_DRIVER, /* subject: the name given */
	OVERRIDE_PREPARE_STORE,
	OVERRIDE_RECORD, /* what the early step is about to write */
	OVERRIDE_WRITE,  /* driver_override; subject: its new value, "" for none */
	OVERRIDE_UNBIND, /* subject: the driver */
	OVERRIDE_BIND,   /* subject: the driver */
	OVERRIDE_PROBE,  /* whichever driver takes it */
	OVERRIDE_VERIFY, /* subject: the driver that should be bound */
	OVERRIDE_SAVE,
	OVERRIDE_RESTORE, /* subject: the driver to go back to, "" for none */
};

/** Why it ended as it did, where step and errno do not say it. */
enum override_reason {
	OVERRIDE_BY_ERRNO,
	OVERRIDE_ABSENT,          /* no such device */
	OVERRIDE_NOT_OVERRIDABLE, /* it has no driver_override */
	OVERRIDE_NOTHING_SAVED,
	OVERRIDE_BAD_STORE, /* the store's file holds no name */
	OVERRIDE_DRIVER,    /* see result.driver_problem; names: several drivers */
	OVERRIDE_IN_USE,    /* see result.holder */
	OVERRIDE_OTHER_DEVICE,
	OVERRIDE_EXPIRED,      /* the time was up; subject of OVERRIDE_LOCK: the holder's pid */
	OVERRIDE_WRONG_DRIVER, /* not the driver asked for is bound, if any */
	OVERRIDE_BY_MEMBER,    /* another device of the transaction failed */
	OVERRIDE_NO_VARIANT,   /* error: as table_rank_device(); -ENOENT: all are left out */
	OVERRIDE_FOREIGN_VFIO, /* a VFIO device of a driver that the ranking does not name */
};

struct override_request {
	struct device dev;
	char driver[SYSFS_NAME_MAX]; /* set: a driver's or module's name, or OVERRIDE_NONE; take
					back: the override that was recorded */
	bool best_vfio;              /* set: by the ranking instead */
	bool probe;                  /* bind, and verify that it did */
	bool save;                   /* set and unset: change the store */
	bool early;                  /* load: write driver_override, nothing else */
	bool unbound;                /* load: only where the override has lost its driver again */
	bool force;                  /* go on where the device is in use or another one */
	const struct config *config; /* identity, deny, fallback */
	int64_t deadline_ms;
};

#define OVERRIDE_PASSED_MAX 8

struct override_result {
	enum override_outcome outcome;
	enum override_step step;
	enum override_reason reason;
	int error; /* -errno, or 0 */
	char subject[SYSFS_NAME_MAX];
	char names[SYSFS_VALUE_MAX];
	enum driver_problem driver_problem;
	struct use holder;
	/* The ranking: what was tried before and failed. */
	struct {
		char module[SYSFS_NAME_MAX];
		int error; /* -errno */
	} passed_over[OVERRIDE_PASSED_MAX];
	size_t n_passed_over;
	bool stored;               /* the store was changed */
	bool touched;              /* the device was changed on the way */
	bool kept;                 /* ... and the change stays (load only); else it was put back */
	int restore_error;         /* -errno of putting it back, or 0 */
	bool store_broken;         /* after a failure, where the store could not be put back */
	bool state_known;          /* after a failure, where it could be read */
	struct device_state state; /* now */
};

struct transaction {
	const struct override_request *request;
	const struct device *dev;
	size_t index; /* of several devices; for bounded_step() */
	struct bounded *b;
	struct override_result *result;
	struct device_state before;
	struct pending store;
	int lock_fd;
	bool by_hand; /* not a load: a default route, or an open drm node, is a use too */
	bool checked; /* its use */
	bool bound;   /* the wanted driver has it */
};

/** transaction_new - nothing done yet; to be ended by transaction_end() */
struct transaction transaction_new(const struct override_request *request, size_t index,
	bool by_hand, struct bounded *b, struct override_result *result);

/** transaction_fail - note why the present step failed. Return: @error, below 0. */
int transaction_fail(struct transaction *t, enum override_outcome outcome,
	enum override_reason reason, int error);

/** transaction_go_on - forget what transaction_fail() has noted: another way is tried */
void transaction_go_on(struct transaction *t);

/** transaction_fail_errno - transaction_fail() of a step that its errno explains */
int transaction_fail_errno(struct transaction *t, int error);

/**
 * The steps. Return: 0, or -errno after transaction_fail(); each fails when the time is up, which
 * turns the transaction back.
 */

/** transaction_step - say which step begins. @subject: see enum override_step */
int transaction_step(struct transaction *t, enum override_step step, const char *subject);

/** transaction_lock - take the device's lock */
int transaction_lock(struct transaction *t);

/** transaction_begin - see that the device is there, take its lock, read its state */
int transaction_begin(struct transaction *t);

/** transaction_check_use - see that the driver may be taken away; once is enough */
int transaction_check_use(struct transaction *t);

/** transaction_find_driver - as driver_find(), which loads the module */
int transaction_find_driver(
	struct transaction *t, const char *given, const char *module, struct driver *ret);

/** transaction_prepare_store - have the new override on disk, not yet valid. @choose: POLICY_... */
int transaction_prepare_store(
	struct transaction *t, const struct driver *driver, const char *choose);

/** transaction_prepare_removal - see that the saved override, if any, can be removed */
int transaction_prepare_removal(struct transaction *t);

/** transaction_write - write driver_override, and leave the driver. @override: "" for none */
int transaction_write(struct transaction *t, const char *override);

/** transaction_unbind - take the device from @driver */
int transaction_unbind(struct transaction *t, const char *driver);

/**
 * transaction_change - write driver_override, then unbind
 * @override: "" for none
 * @driver: the one that may stay, "" for none
 */
int transaction_change(struct transaction *t, const char *override, const char *driver);

/** transaction_probe - let the native driver have the device, where none has it */
int transaction_probe(struct transaction *t);

/** transaction_apply - write, unbind, bind and verify, as far as --noprobe lets it */
int transaction_apply(struct transaction *t, const struct driver *driver);

/**
 * transaction_finish - the last step: commit the stores, all or none
 * @ret_at: the one that failed
 */
int transaction_finish(struct transaction *all, size_t n, size_t *ret_at);

/** transaction_end - after a failure, @err below 0, put the device back; release everything */
void transaction_end(struct transaction *t, int err);
