/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Binding a device to its best VFIO driver; private to lib/change.
 */
#pragma once

#include "change/override.h"

struct transaction;

/**
 * best_execute - rank the VFIO drivers, and execute t->plan for the first one that takes the device
 *
 * Return: 0, or -errno after transaction_fail(). The variants that failed are in t->end.
 */
int best_execute(struct transaction *t);

/** best_would_move - whether a load would take the device away from its present driver, also if it
 * is in use */
bool best_would_move(struct transaction *t);

/** best_is_missing - whether the cause is that there is no such driver, or its module does not load
 */
bool best_is_missing(enum override_cause cause);

/** best_is_refusing - whether the cause is that the driver does not take the device */
bool best_is_refusing(enum override_cause cause);
