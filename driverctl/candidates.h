/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The devices for which something is wanted: those of --all, and of check. */
#pragma once

#include "cmd.h"

struct target_sources;

/**
 * candidates_list - list the keys of these devices, sorted by byte value
 * @sources: zeroed at first; it is prepared
 * @ret_keys: owned by the caller (util_strv_freep()); NULL if there are none
 *
 * If a rule counts, the devices of its bus are read, which may block (candidates_may_block()).
 *
 * Return: EXIT_DONE, or the exit code after a message: then @ret_keys has what could be found.
 */
int candidates_list(struct target_sources *sources, char ***ret_keys);

/** candidates_may_block - whether candidates_list() needs a child with a deadline. @sources: as
 * above */
bool candidates_may_block(struct target_sources *sources);

/**
 * candidates_each_error - call @fn for each rule that is excluded because of an error, and for each
 * override on the kernel's command line that is wrong
 * @fn: gets the code of a fault, and its text
 */
void candidates_each_error(const struct target_sources *sources,
	void (*fn)(const char *code, const char *text, void *arg), void *arg);
