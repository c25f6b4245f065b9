/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a change ended: what the user reads, what the system log reads, and the exit code. */
#pragma once

#include "cmd.h"

struct change;
struct supervise_end;

/** report_end - in the child: report how the change has ended. Return: the exit code. */
int report_end(const struct change *change);

/** report_expired - report a change whose child goes on without us. Return: the exit code. */
int report_expired(const struct change *change, const struct supervise_end *end);

/**
 * report_lost - report a change whose child was killed, and has put nothing back
 * @err: -errno
 *
 * Return: the exit code.
 */
int report_lost(const struct change *change, int err);

/**
 * report_old_image - say that the initramfs is older than the store, if it is: with -v, or if a
 * person is at a terminal. Callers of driverctl take other text on standard error for a failure.
 */
void report_old_image(const struct options *options);

/** report_late - in the child, after its caller has given up: log how the change ended */
void report_late(const struct change *change);

/** report_lookup - report that an argument names no device; as message_lookup() */
int report_lookup(
	const struct options *options, const char *arg, const struct device *dev, int err);

/**
 * report_not_begun - report a failure before a change was begun
 * @name: the device's name, or the argument that names none
 * @reason: its code, for programs
 *
 * Return: @code.
 */
int report_not_begun(const struct options *options, const char *name, const char *bus, int code,
	const char *reason, const char *text);
