/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of a bus, for list-devices and list-overrides. */
#pragma once

#include "cmd.h"

/**
 * list_bus - print the devices of a bus that have a driver_override
 * @class: the name of a class as a user gives it, or NULL for all
 * @overrides_only: only devices with an override, and without the mark
 *
 * If a device blocks its reader for a second, it is reported without its override, and the list
 * goes on.
 *
 * Return: the exit code; EXIT_UNFINISHED if a device blocked.
 */
int list_bus(const struct options *options, const char *class, bool overrides_only);

/** list_class - the code of a class, "" for all. Return: NULL after a message. */
const char *list_class(const char *word);
