/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "store/store.h"

#include <sys/types.h>

/**
 * store_lock - take the lock of a device, waiting for it
 * @deadline_ms: util_now_ms() at which to give up
 * @holder: called with the pid of the process that holds it, each time it is another; may be NULL
 *
 * Return: a descriptor to close(2); -ETIMEDOUT; -errno of mkdir(2) or open(2).
 */
int store_lock(const char *bus, const char *name, int64_t deadline_ms,
	void (*holder)(pid_t pid, void *userdata), void *userdata);

/** store_lock_mark - note in a lock, the descriptor, that its device is on the wanted driver */
void store_lock_mark(int fd);

/**
 * store_lock_marked_ms - how long ago that was
 *
 * Return: milliseconds; INT64_MAX where the last who took the lock has not marked it.
 */
int64_t store_lock_marked_ms(const char *bus, const char *name);
