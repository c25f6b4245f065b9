/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps that apply what is wanted for a device; private to lib/change. Each returns 0, or
 * -errno after transaction_fail().
 */
#pragma once

#include "change/transaction.h"

/** load - bind the device to the wanted driver */
int load(struct transaction *t);

/** load_added - load() for an event of udev, unless a change by hand was not to be saved */
int load_added(struct transaction *t);

/** load_again - load() if one has just bound the device, and it has lost its driver since */
int load_again(struct transaction *t);

/** load_early - write driver_override, and record it */
int load_early(struct transaction *t);

/** load_take_back - give the device back if the recorded override is not wanted any more */
int load_take_back(struct transaction *t);

/*
 * For other steps:
 */

/**
 * load_find_wanted - read t->wanted
 *
 * Return: 0; otherwise as wanted_wait(), or -errno of transaction_step() after transaction_fail().
 */
int load_find_wanted(struct transaction *t);

/** load_fail_wanted - note why load_find_wanted() failed. Return: @err. */
int load_fail_wanted(struct transaction *t, int err);
