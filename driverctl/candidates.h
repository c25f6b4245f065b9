/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The devices for which something is wanted: those of --all. */
#pragma once

#include "cmd.h"

/**
 * candidates_list - list the keys of these devices, sorted by byte value
 * @sources: zeroed; it is prepared
 * @ret_keys: owned by the caller (util_strv_freep()); NULL if there are none
 *
 * Return: EXIT_DONE, or the exit code after a message: then @ret_keys has what could be found.
 */
int candidates_list(
	const struct options *options, struct target_sources *sources, char ***ret_keys);

/** candidates_read - candidates_list() for a caller that is a child with a deadline itself */
int candidates_read(struct target_sources *sources, char ***ret_keys);

/**
 * candidates_each_error - call @fn for each rule that is excluded because of an error, and for each
 * override on the kernel's command line that is wrong
 * @fn: gets the code of a fault, and its text
 */
void candidates_each_error(const struct target_sources *sources,
	void (*fn)(const char *code, const char *text, void *arg), void *arg);

/** candidates_warn - log these errors */
void candidates_warn(const struct options *options, const struct target_sources *sources);
