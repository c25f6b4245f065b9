/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What to do with a device. Pure: it goes by what has been found out, and reads and changes
 * nothing. execute.c carries a plan out; a dry run only tells where it leads.
 */
#pragma once

#include "change/verb.h"

#include <stddef.h>

/** A step. Each does nothing if what it is for is so already. */
enum plan_step {
	PLAN_FIND,     /* find the driver, and load its module */
	PLAN_PUT,      /* prepare what is saved */
	PLAN_DELETE,   /* prepare to remove what is saved */
	PLAN_HOLD,     /* ask again who uses the device, and hold its disks until the unbind */
	PLAN_NOTE,     /* note in the journal who wants the override */
	PLAN_OVERRIDE, /* write driver_override */
	PLAN_UNBIND,
	PLAN_BIND,
	PLAN_VERIFY,
	PLAN_FORGET_ID, /* remove the device's ids from vfio-pci */
	PLAN_PROBE,     /* let the native driver have the device */
	PLAN_CLEAR,     /* nobody wants what the journal says */
	PLAN_STEPS
};

/** What is to become of the device. */
enum plan_course {
	PLAN_STAY,
	PLAN_GIVE,      /* bind it to the wanted driver */
	PLAN_GIVE_BACK, /* clear the override, and let the native driver have it */
	PLAN_KEEP_OFF,  /* write driver_override, and leave the rest to a later load */
};

/** Whether something uses the device. */
enum plan_use { PLAN_NOT_ASKED, PLAN_FREE, PLAN_IN_USE };

/** What was done with the device since the host was started. */
enum plan_last {
	PLAN_NOTHING,
	PLAN_BY_HAND, /* set or unset, and saved */
	PLAN_NOSAVE,  /* set or unset by hand, and not saved */
};

struct plan_facts {
	enum override_verb verb;
	bool force;
	bool save, save_only;
	bool probe;
	bool takes_back; /* also give back what is not wanted any more */

	bool present;
	bool has_driver;

	bool wanted; /* a driver is wanted: that of the call, or of what is wanted for the device */
	bool by_rule;   /* a rule wants it */
	bool none;      /* the wanted driver is "none" */
	bool vfio;      /* it is a VFIO driver */
	bool on_target; /* it is bound; with a ranking, any VFIO driver is */
	bool bridge;    /* the device is a bridge to other devices */

	bool held;             /* the bound driver is there by an override */
	bool override_is_ours; /* driver_override is what the early step or the load would write */
	bool is_grabbed_id;    /* the device is, or was to be, on vfio-pci */

	enum plan_last last;
	bool just_lost;         /* a load bound it a moment ago, and its driver has left it */
	bool stale;             /* the journal has an override that takes_back is about */
	bool override_is_stale; /* driver_override is still that one, or was cleared */

	bool alone; /* the call is for this device alone, and no dry run */
	enum plan_use use;
};

enum plan_refusal {
	PLAN_ALLOWED,
	PLAN_REFUSE_USE,    /* it is in use */
	PLAN_REFUSE_BRIDGE, /* no VFIO driver takes a bridge to other devices */
};

struct plan {
	enum plan_refusal refusal;
	/* The answer depends on who uses the device: find out, and ask again. */
	bool asks_use;
	enum plan_course course;
	enum plan_step steps[PLAN_STEPS];
	size_t n;
};

/** plan_make - decide what to do with a device. @ret: set */
void plan_make(const struct plan_facts *facts, struct plan *ret);
