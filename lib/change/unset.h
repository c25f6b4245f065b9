/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps that give a device back to its native driver; private to lib/change. Each returns 0, or
 * -errno after transaction_fail().
 */
#pragma once

#include "change/transaction.h"

/** unset_begin - transaction_begin(), also for an absent device with a saved override to remove */
int unset_begin(struct transaction *t);

/** unset_allow - see that nothing uses the device, unless its driver stays, or unset_give_back()
 * asks before anything has been changed */
int unset_allow(struct transaction *t);

/** unset_give_back - after unset_allow(), remove the override, and the saved one if the call saves;
 * probe the native driver */
int unset_give_back(struct transaction *t);

/** unset - unset_give_back() if the device is present */
int unset(struct transaction *t);

/**
 * unset_is_held - whether the bound driver is there by an override
 *
 * A native driver that is bound in spite of an override is not taken away.
 */
bool unset_is_held(const struct transaction *t);
