/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The locks /run/driverctl/KEY.lock. A process that changes a device, or its saved override, holds
 * the lock of the device's key at the same time. The file contains the process's pid, and the mark
 * of lock_mark().
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#define LOCK_DIR "/run/driverctl"

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

/** lock_mark - note in a lock that its device has just been bound to the wanted driver */
void lock_mark(int fd);

/**
 * lock_marked_ms - the time since the last holder of a lock marked it
 *
 * Return: milliseconds; INT64_MAX if the last holder has not marked the lock.
 */
int64_t lock_marked_ms(const char *key);
