/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The result for each device of a call that changes something: with --json an object, otherwise a
 * line for a person at a terminal, or for a dry run. driverctl_load has functions of its own that
 * print none, and so it needs no library for JSON.
 */
#pragma once

#include "change/override.h"
#include "cmd.h"

/** A change: what was asked for, and how it ended. */
struct change {
	const struct options *options;
	const struct override_request *request;
	const struct device *devices;
	size_t n;
	size_t n_followers; /* of a rule: the devices that are present */
	const char *group;  /* the IOMMU group, or NULL for one device */
	struct override_failure failure;
	struct override_end *ends;
};

/** result_is_rule - whether an entry among the devices is that of the rule, which is no device */
static inline bool result_is_rule(const struct change *change, size_t i)
{
	return !change->devices[i].bus[0];
}

/** result_add - print what became of a device of a change; @code: the exit code of the change */
void result_add(const struct change *change, size_t i, int code);

/** result_add_failed - print that a change was not begun; as report_not_begun() */
void result_add_failed(const struct options *options, const char *name, const char *bus, int code,
	const char *reason, const char *text);
