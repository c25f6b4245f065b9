/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The devices for which something is wanted: those of --all. */
#pragma once

#include "cmd.h"

/**
 * candidates_list - list the keys of these devices, sorted by byte value
 * @sources: zeroed; it is prepared
 * @ret_keys: owned by the caller (util_strv_freep()); NULL if there are none
 *
 * Rules that are excluded, and overrides on the kernel's command line that are wrong, are logged.
 *
 * Return: EXIT_DONE, or the exit code after a message: then @ret_keys has what could be found.
 */
int candidates_list(
	const struct options *options, struct wanted_sources *sources, char ***ret_keys);
