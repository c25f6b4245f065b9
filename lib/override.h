/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changing a device's driver: set, unset and load of an override, each a transaction that ends
 * with the new state or puts the old one back. To be run in a bounded child (bounded.h).
 */
#pragma once

#include "bounded.h"
#include "driver.h"
#include "holder.h"
#include "policy.h"
#include "variant.h"

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
	OVERRIDE_NO_VARIANT,   /* error: as variant_find(); -ENOENT: all are left out */
	OVERRIDE_FOREIGN_VFIO, /* a VFIO device of a driver that the ranking does not name */
};

struct override_request {
	struct device dev;
	char driver[SYSFS_NAME_MAX]; /* set: a driver's or module's name, or OVERRIDE_NONE */
	bool best_vfio;              /* set: by the ranking instead */
	bool probe;                  /* bind, and verify that it did */
	bool save;                   /* set and unset: change the store */
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
	struct holder holder;
	/* The ranking: what was tried before and failed. */
	struct {
		char module[SYSFS_NAME_MAX];
		int error; /* -errno */
	} passed_over[OVERRIDE_PASSED_MAX];
	size_t n_passed_over;
	bool touched;              /* the device was changed on the way */
	bool kept;                 /* ... and the change stays (load only); else it was put back */
	int restore_error;         /* -errno of putting it back, or 0 */
	bool state_known;          /* after a failure, where it could be read */
	struct device_state state; /* now */
};

/** The functions below fill in @ret and return nothing else. */

/** override_set - bind a device to a driver, keep it so, save it */
void override_set(
	const struct override_request *request, struct bounded *b, struct override_result *ret);

/** override_unset - give a device back to its native driver, forget what is saved */
void override_unset(
	const struct override_request *request, struct bounded *b, struct override_result *ret);

/**
 * override_load - apply the saved override
 *
 * Where the saved driver refuses the device the override stays and the device has no driver; where
 * the kernel knows no such driver the override is cleared and the native driver probed.
 */
void override_load(
	const struct override_request *request, struct bounded *b, struct override_result *ret);

/**
 * override_saved_identity - whether the saved override was set for this very device
 * @ret_policy: the policy that counts, its driver "" for none
 *
 * Return: 0; -ESTALE for another device; -ENOENT with nothing saved; other -errno of store_read()
 */
int override_saved_identity(
	const struct device *dev, char ret_driver[SYSFS_NAME_MAX], struct policy *ret_policy);
