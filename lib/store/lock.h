/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The locks /run/driverctl/KEY.lock. A process holds the lock of a device's key while it changes
 * the device or its saved override. The file contains the process's pid.
 */
#pragma once

#include "store/store.h"

#include <stdint.h>
#include <sys/types.h>

#define LOCK_DIR STORE_RUN_DIR

/**
 * lock_take - take a lock, and wait for it if another process holds it
 * @deadline_ms: the time of util_now_ms() at which to give up
 * @holder: called with the pid of the process that holds the lock, again when that is another one;
 *          may be NULL
 * @ret_fd: close(2) releases the lock; unchanged after a failure
 *
 * Return: 0; -ETIMEDOUT; -ENAMETOOLONG if @key is too long; otherwise -errno of mkdir(2), open(2),
 * flock(2) or write(2).
 */
int lock_take(const char *key, int64_t deadline_ms, void (*holder)(pid_t pid, void *userdata),
	void *userdata, int *ret_fd);
