/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of commands: what each is called, takes and does. */
#pragma once

#include "cmd.h"

struct command {
	const char *name;
	cmd_fn fn;
	int min_args, max_args;
	const char *args;
	unsigned int options; /* OPTION_BIT() of those that it takes, beside OPTIONS_EVERYWHERE */
	const char *summary;
	const char *help; /* more words for "driverctl help COMMAND", or "" */
	bool lenient;     /* see options_complete() */
	bool root;        /* it changes devices, or what is saved */
	bool image;       /* then say if the initramfs is older than the store */
};

/** The options that every command takes. */
#define OPTIONS_EVERYWHERE \
	(OPTION_BIT(OPTION_BUS) | OPTION_BIT(OPTION_VERBOSE) | OPTION_BIT(OPTION_TIMEOUT) | \
		OPTION_BIT(OPTION_HELP) | OPTION_BIT(OPTION_VERSION))

/** command_at - the commands in the order of the help. Return: NULL behind the last one. */
const struct command *command_at(size_t i);

/** command_find - the command with a name. Return: NULL if there is none. */
const struct command *command_find(const char *name);

/** command_get - command_find() for a user. Return: NULL after a message, which says what was
 * meant. */
const struct command *command_get(const char *name);
