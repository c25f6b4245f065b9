/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All words for people: one line a failure, on standard error or in the system log.
 */
#pragma once

#include "change/override.h"
#include "cmd.h"

struct rule;

/** What to do if there is no IOMMU group at all. */
#define MESSAGE_NO_IOMMU \
	"there is no IOMMU: enable it in the firmware (VT-d, AMD-Vi), and put intel_iommu=on on " \
	"the " \
	"kernel command line of an Intel host"

/** message_error - "driverctl: ..." on standard error, in one write(2) */
void message_error(const char *fmt, ...) PRINTF_LIKE(1, 2);

/** message_log - the same words in the system log; nothing if there is none */
void message_log(int priority, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** message_tells - whether a person reads: at a terminal, or with --verbose. A caller takes any
 * text on standard error for a failure. */
bool message_tells(const struct options *options);

/** message_warn - message_log(), and message_error() if message_tells(): not a failure of the call,
 * but something that the administrator must learn */
void message_warn(const struct options *options, int priority, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/**
 * message_escape - write a text with its control characters as \xNN
 * @length: at most so many bytes of @s
 *
 * Return: the rest of @s.
 */
const char *message_escape(const char *s, size_t length, char *ret, size_t size);

/**
 * message_quote - a user's string made fit for one line
 * @ret: its beginning, control characters written \xNN
 *
 * Return: @ret.
 */
const char *message_quote(const char *s, char ret[80]);

/** message_errno - why something failed, -ELIBACC with the library's name; not to be freed. */
const char *message_errno(int error);

/** message_step - what a step does, "unbinding 'nvme'"; Return: @ret. */
const char *message_step(int step, const char *subject, char *ret, size_t size);

/** message_place - "on 'nvme'", "without a driver" for ""; Return: @ret. */
const char *message_place(const char *driver, char *ret, size_t size);

/**
 * message_failure - the line for the device that failed: what failed, why, what state it is in
 * @ret: the line without the program's name; Return: @ret.
 */
const char *message_failure(const struct options *options, const struct device *dev,
	const struct override_failure *failure, const struct override_end *end, char *ret,
	size_t size);

/**
 * message_member - the same for a device that another one has failed
 */
const char *message_member(
	const struct device *dev, const struct override_end *end, char *ret, size_t size);

/** message_cause - why a call failed, without the device and its state; Return: @ret. */
const char *message_cause(const struct options *options, const struct device *dev,
	const struct override_failure *failure, char *ret, size_t size);

/** message_reason - the code of a cause, for programs: "in-use" */
const char *message_reason(enum override_cause cause);

/** message_exit_code - the exit code of a call that failed for this cause */
int message_exit_code(enum override_cause cause);

/** message_use - a use of a device, "in use: /dev/vda1 is mounted at /"; Return: @ret. */
const char *message_use(const struct use *h, char *ret, size_t size);

/** message_uses - the use that a call was refused for, "(and 2 more uses)"; Return: @ret. */
const char *message_uses(const struct override_failure *failure, char *ret, size_t size);

/** message_rule - why a rule is excluded, "FILE:LINE: unknown key"; Return: @ret. */
const char *message_rule(const struct rule *rule, char *ret, size_t size);

/** message_old_image - the initramfs is older than the store, and what rebuilds it; Return: @ret.
 */
const char *message_old_image(char *ret, size_t size);

/** message_no_variant - why there is no VFIO driver to choose; @error as of table_rank_device() */
void message_no_variant(const struct device *dev, int error, char *ret, size_t size);

/**
 * message_lookup - why an argument names no device
 * @err: what device_open() returned
 * @ret: the line without the program's name
 *
 * Return: the exit code.
 */
int message_lookup(const char *arg, const struct device *dev, int err, char *ret, size_t size);
