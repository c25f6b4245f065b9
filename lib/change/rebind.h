/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps that move a device from one driver to another; private to lib/change. Each returns 0,
 * or -errno after transaction_fail().
 */
#pragma once

#include "change/transaction.h"

/**
 * rebind_to - find a driver, prepare the store, and bind the device to the driver
 * @given: a driver's or a module's name, or OVERRIDE_NONE
 * @module: the module to load for it, or ""
 * @choose: how a set saves it, POLICY_...
 */
int rebind_to(struct transaction *t, const char *given, const char *module, const char *choose);

/**
 * rebind_change - write driver_override, then unbind any other driver than @driver
 * @override: "" for none
 * @driver: the driver that may stay, or ""
 */
int rebind_change(struct transaction *t, const char *override, const char *driver);

/** rebind_write - write driver_override, and change nothing else. @override: "" for none */
int rebind_write(struct transaction *t, const char *override);

/** rebind_unbind - take the device from @driver. The caller holds a claim (transaction_claim()) */
int rebind_unbind(struct transaction *t, const char *driver);

/** rebind_probe - let the native driver have the device, unless it has a driver */
int rebind_probe(struct transaction *t);
