/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The last change of a device by driverctl, since the host was started: /run/driverctl/KEY.recent
 * has one line "BY MS INSTANCE DRIVER". Events of udev consult it, so that they do not undo what a
 * person has decided, or repeat what has been done.
 */
#pragma once

#include "kernel/device.h"

enum recent_by {
	RECENT_NOTHING, /* nothing is known of this device */
	RECENT_LOAD,    /* a saved override was applied */
	RECENT_SAVED,   /* set or unset by hand, and saved */
	RECENT_NOSAVE,  /* set or unset by hand, and not saved */
};

struct recent {
	enum recent_by by;
	char driver[SYSFS_NAME_MAX]; /* that the device was bound to; "" for none, or --noprobe */
	int64_t age_ms;              /* how long ago */
};

/**
 * recent_note - note what was done with a device. The caller holds the device's lock.
 *
 * A note that cannot be written is missed only by events that follow.
 */
void recent_note(const struct device *dev, enum recent_by by, const char *driver);

/**
 * recent_read - read what was done with a device
 * @ret: RECENT_NOTHING if nothing was done, if that cannot be read, or if the device was removed
 * since and has come back
 */
void recent_read(const struct device *dev, struct recent *ret);
