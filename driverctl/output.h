/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Data on standard output: one line a device. */
#pragma once

#include "cmd.h"

struct output_row {
	const char *name;
	const char *driver; /* "" is printed as (none) */
	bool marked;        /* [*]: an override is set */
	const char *note;   /* in parentheses, last; NULL for none */
};

/** output_row - print a line: NAME DRIVER [*] (NOTE) */
void output_row(const struct output_row *row);

/**
 * output_end - flush
 *
 * Return: @code, or EXIT_FAILURE with a message where standard output could not be written.
 */
int output_end(int code);
