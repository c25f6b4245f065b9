/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps that change a rule, and the devices with it; private to lib/change. Each returns 0, or
 * -errno after transaction_fail().
 *
 * The first transaction of the call is that of the rule's file, override_rule_device(). Its lock is
 * held until the end of the call, so that the rules are what the devices follow. The file is
 * committed when all devices are where they belong.
 */
#pragma once

#include "change/transaction.h"

/** rule_change_begin - the rule: lock, read all rules, prepare the file; a device:
 * transaction_begin() */
int rule_change_begin(struct transaction *t);

/** rule_change_allow - see that nothing uses the device that is to be moved */
int rule_change_allow(struct transaction *t);

/** rule_change_apply - move the device to where it will belong */
int rule_change_apply(struct transaction *t);
