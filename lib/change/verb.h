/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a call is to do. */
#pragma once

#include <stdbool.h>

enum override_verb {
	OVERRIDE_SET,   /* bind to the wanted driver, and save that */
	OVERRIDE_UNSET, /* remove what is saved, and give the device back to its native driver */
	OVERRIDE_LOAD,  /* apply what is wanted (target.h) */
	OVERRIDE_LOAD_ADDED, /* the same for an event of udev, unless somebody has decided by hand
			      */
	OVERRIDE_LOAD_AGAIN, /* the same if a load has just bound the device, and it has lost its
				driver since */
	OVERRIDE_LOAD_EARLY, /* only write driver_override, before udev has started, and note it */
};

/**
 * override_by_hand - whether a person asks for this, or a tool on a person's behalf: set and unset
 *
 * Only these change the store, and only for these a route or an open character device is a use.
 */
static inline bool override_by_hand(enum override_verb verb)
{
	return verb == OVERRIDE_SET || verb == OVERRIDE_UNSET;
}
