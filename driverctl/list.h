/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What list-devices and list-overrides share. */
#pragma once

#include "cmd.h"

/**
 * list_bus - print the devices of a bus that have a driver_override
 * @class: a class's name as a user gives it, or NULL for all
 * @overrides_only: only those with an override set, without the mark
 *
 * Return: the exit code. A device whose lock the kernel holds is passed over after a second, said
 * on standard error, and makes it EXIT_UNFINISHED.
 */
int list_bus(const struct options *options, const char *class, bool overrides_only);
