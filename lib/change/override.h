/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changing the driver of devices: one request for n devices, which are all changed or none. The
 * call ends with one failure, or none, and for each device with one end. It runs in a child with a
 * deadline (base/supervise.h), because the kernel may block a write for as long as it likes.
 */
#pragma once

#include "change/verb.h"
#include "kernel/device.h"
#include "use/uses.h"

struct config;
struct target_sources;

struct override_request {
	enum override_verb verb;
	bool dry_run;    /* change nothing: the end tells what would be changed */
	bool save_only;  /* SET, UNSET: change the store alone */
	bool takes_back; /* LOAD: also give back what a rule has set, and LOAD_EARLY: what
			    the early step has set, and nobody wants any more */
	bool asked;      /* who uses the devices is known: ask before each unbind alone */
	bool best;       /* SET: rank the VFIO drivers, and bind to the best */
	char driver[SYSFS_NAME_MAX]; /* SET: a driver's or a module's name, DRIVER_NONE, or "" for
					the generic VFIO driver of the bus */
	bool probe;                  /* bind a driver, and verify that it is bound */
	bool save;                   /* SET, UNSET: change the store */
	bool force;                  /* change a device that is in use, or not the one meant */
	struct use_caller caller; /* SET, UNSET, and for rules: the connection by which they come */
	const struct config *config;    /* identity, deny, fallback */
	struct target_sources *sources; /* all but SET, UNSET: what they read of it is kept */
	int64_t deadline_ms;            /* util_now_ms() at which the call gives up */
};

/** What is done, or failed. For supervise_step(), whose item is the device. */
enum override_step {
	OVERRIDE_LOCK, /* subject: the pid that holds the lock, or "" */
	OVERRIDE_READ_STATE,
	OVERRIDE_READ_STORE,
	OVERRIDE_CHECK, /* whether the device is in use */
	OVERRIDE_RANK,
	OVERRIDE_FIND_DRIVER, /* subject: the name given */
	OVERRIDE_PREPARE_STORE,
	OVERRIDE_RECORD, /* what LOAD_EARLY is about to write */
	OVERRIDE_WRITE,  /* driver_override; subject: its new value, "" for none */
	OVERRIDE_UNBIND, /* subject: the driver */
	OVERRIDE_BIND,   /* subject: the driver */
	OVERRIDE_PROBE,  /* let the native driver have the device */
	OVERRIDE_VERIFY, /* subject: the driver that must be bound, "" for none */
	OVERRIDE_SAVE,
	OVERRIDE_RESTORE, /* subject: the driver before, "" for none */
};

/** Why a call failed. */
enum override_cause {
	OVERRIDE_OK,
	OVERRIDE_STEP_FAILED, /* the step and failure.error say it */
	OVERRIDE_ABSENT,
	OVERRIDE_NOT_OVERRIDABLE, /* the device has no driver_override */
	OVERRIDE_NOTHING_SAVED,
	OVERRIDE_BAD_STORE,       /* the store's file does not hold the name of a driver */
	OVERRIDE_NO_DRIVER,       /* failure.subject names no driver and no module */
	OVERRIDE_NOT_LOADED,      /* the module failure.subject cannot be loaded */
	OVERRIDE_NOT_ON_BUS,      /* the module failure.subject has no driver for this bus */
	OVERRIDE_SEVERAL_DRIVERS, /* it has several: failure.names */
	OVERRIDE_NO_VARIANT, /* nothing to rank; error: see table_rank_device(), -ENOENT: all are
				excluded */
	OVERRIDE_NO_VARIANT_BOUND, /* each was tried; failure.last_cause: of the last */
	OVERRIDE_DRIVER_REFUSED,   /* the probe of the driver failed with failure.error */
	OVERRIDE_WRONG_DRIVER,     /* failure.subject is not the driver that is bound */
	OVERRIDE_DRIVER_CHANGED,   /* failure.subject has bound since the device was looked at */
	OVERRIDE_IN_USE,           /* failure.use; USE_NONE: failure.unseen */
	OVERRIDE_OTHER_DEVICE,     /* the override was set for another device */
	OVERRIDE_BRIDGE,           /* no VFIO driver takes a bridge to other devices */
	OVERRIDE_NO_IOMMU, /* a VFIO driver has refused the device, which is in no IOMMU group */
	OVERRIDE_FOREIGN_VFIO,     /* a VFIO device on a driver that the ranking does not name */
	OVERRIDE_UNREADABLE_RULES, /* it is not known what the other rules want */
	OVERRIDE_NO_RULE,          /* there is no such rule to remove */
	OVERRIDE_LINKED_RULE,      /* the rule is a link */
	OVERRIDE_EXPIRED,          /* the time was up in this step */
};

/** The one failure of a call. */
struct override_failure {
	enum override_cause cause;      /* OVERRIDE_OK if the call did not fail */
	enum override_cause last_cause; /* OVERRIDE_NO_VARIANT_BOUND: of the last variant */
	enum override_step step;
	size_t device; /* the index of the device that failed */
	int error;     /* -errno, or 0 */
	char subject[SYSFS_NAME_MAX];
	char names[SYSFS_VALUE_MAX];
	char rule[SYSFS_NAME_MAX]; /* the rule by which the device was to be changed, or "" */
	struct use use;            /* of all uses, the one that says most */
	size_t n_more_uses;        /* the number of the others */
	size_t unseen;             /* processes that could not be looked into */
};

/** What became of a device. The store is a matter of its own. */
enum override_outcome {
	OVERRIDE_UNSEEN,       /* unchanged, and its state is not known */
	OVERRIDE_UNTOUCHED,    /* unchanged */
	OVERRIDE_KEPT,         /* changed; a load keeps its change also if it fails */
	OVERRIDE_RESTORED,     /* changed, and put back */
	OVERRIDE_NOT_RESTORED, /* changed, and not all of it could be put back */
	OVERRIDE_UNKNOWN,      /* changed, and its state is not known */
};

#define OVERRIDE_TRIED_MAX 8

struct override_end {
	enum override_outcome outcome;
	int restore_error;               /* NOT_RESTORED: -errno for the device, or 0 */
	int store_error;                 /* NOT_RESTORED: -errno for the store, or 0 */
	char taken_back[SYSFS_NAME_MAX]; /* an override that nobody wants any more, and that is or
					    was to be taken back; or "" */
	bool saved; /* the store has changed, and stays so; in a dry run, it would have */
	struct device_state before; /* unless UNSEEN */
	/* Unless UNSEEN or UNKNOWN: the state now; in a dry run that was not refused, and for a
	 * call that only saves, the state that it would have, or will have. */
	struct device_state state;
	/* The variants that were tried and failed, before the one that is bound; for a call by
	 * hand, also those that are better and excluded. */
	struct override_tried {
		char module[SYSFS_NAME_MAX];
		int error;            /* -errno */
		const char *excluded; /* why, a static string; NULL if it was tried */
	} tried[OVERRIDE_TRIED_MAX];
	size_t n_tried;
};
