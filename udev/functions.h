/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The virtual functions of a card. The kernel creates them one after the other, by dozens, and udev
 * starts a process for each of them. On a busy host these compete with each other and with the
 * kernel. So the process of the first function loads the override of each that follows, and the
 * processes of the others wait for their turn and find the work done.
 */
#pragma once

#include "cmd.h"

struct target_sources;

/**
 * functions_take_turn - wait until no other process serves the functions of the same card
 * @ret_fd: the lock, to be closed by the caller; -1 if @dev is not a virtual function, or if the
 *          turn has not come in time, in which case the caller serves @dev alone
 */
void functions_take_turn(const struct device *dev, int *ret_fd);

/** functions_load_others - load the override of each other function while new ones are created */
void functions_load_others(
	const struct options *options, const struct device *dev, struct target_sources *sources);

/** functions_is_waiting - whether what is wanted is not in effect. Never blocks. */
bool functions_is_waiting(const struct device *dev, struct target_sources *sources);
