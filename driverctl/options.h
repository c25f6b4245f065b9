/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the command line, the environment and driverctl.conf to struct options. */
#pragma once

#include "cmd.h"

#define SEE_HELP " (see driverctl --help)"

/**
 * options_read - read the options, which may stand anywhere
 * @argv: reordered: what is no option comes first
 * @ret_n: how many of these there are
 *
 * Return: -1 to go on; else the exit code, after an error was printed.
 */
int options_read(struct options *options, int argc, char **argv, int *ret_n);

/** options_print - print the help of options; @options: OPTION_BIT() of each */
void options_print(unsigned int options);

/**
 * options_excess - whether an option was given that the command does not take
 * @taken: OPTION_BIT() of those that it takes
 * @ret_name: the first other option, as it is typed
 */
bool options_excess(const struct options *options, unsigned int taken, char ret_name[32]);

/**
 * options_nearest - the word of a list that is typed most like another one
 * @list: ends with NULL
 *
 * Return: one of @list; NULL if none is like it: too many letters are added, missing or wrong.
 */
const char *options_nearest(const char *typed, const char *const *list);

/** options_class - the code of a class, "" for "all". Return: NULL after a message. */
const char *options_class(const char *word);

/**
 * options_complete - the bus and DEVPATH from the environment, the configuration, the deadline
 * @lenient: an error in the configuration is logged, and the defaults apply
 *
 * Return: -1 to go on; else the exit code, after an error was printed.
 */
int options_complete(struct options *options, bool lenient);
