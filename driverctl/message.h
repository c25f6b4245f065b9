/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All words for people: one line a failure, on standard error or in the system log.
 */
#pragma once

#include "cmd.h"

/** message_error - "driverctl: ..." on standard error, in one write(2) */
void message_error(const char *fmt, ...) PRINTF_LIKE(1, 2);

/** message_log - the same words in the system log; nothing where there is none */
void message_log(int priority, const char *fmt, ...) PRINTF_LIKE(2, 3);

/**
 * message_quote - a user's string made fit for one line
 * @ret: its beginning, control characters written \xNN
 *
 * Return: @ret.
 */
const char *message_quote(const char *s, char ret[80]);

/** message_step - what a step does, "unbinding 'nvme'"; Return: @ret. */
const char *message_step(int step, const char *subject, char *ret, size_t size);

/** message_place - "on 'nvme'", "without a driver" for ""; Return: @ret. */
const char *message_place(const char *driver, char *ret, size_t size);

/**
 * message_result - the line for a transaction that failed: what failed, why, the device's state
 * @ret: the line without the program's name; Return: @ret.
 */
const char *message_result(const struct options *options, const struct device *dev,
	const struct override_result *result, char *ret, size_t size);

/** message_use - who uses a device, "in use: /dev/vda1 is mounted at /"; Return: @ret. */
const char *message_use(const struct use *holder, char *ret, size_t size);

/** message_no_variant - why there is no VFIO driver to choose; @error as of table_rank_device() */
void message_no_variant(const struct device *dev, int error, char *ret, size_t size);

/**
 * message_lookup - report that an argument names no device
 * @err: what device_lookup() returned
 *
 * Return: the exit code.
 */
int message_lookup(const char *arg, const struct device *dev, int err);
