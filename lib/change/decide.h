/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From what is known of a device to its plan; private to lib/change.
 */
#pragma once

#include <stddef.h>

struct transaction;

/**
 * decide_target - find t->target: what the call wants, or what is wanted for the device
 *
 * Return: 0; -errno after transaction_fail(). If the call takes back what is not wanted any more,
 * t->target_error tells that nothing is.
 */
int decide_target(struct transaction *t);

/**
 * decide_plan - make t->plan
 *
 * Return: 0; -errno after transaction_fail(): the device is in use, no VFIO driver takes it, or
 * nothing is wanted for it.
 */
int decide_plan(struct transaction *t);

/** Called for each device that is in use, after transaction_fail(). */
typedef void (*decide_refused_fn)(struct transaction *t, void *userdata);

/**
 * decide_use - find out who uses the devices whose plan asks for it, and finish the plans
 * @refused: NULL to be told of none
 *
 * Return: 0; -errno after transaction_fail(): of the first device that is in use.
 */
int decide_use(struct transaction *all, size_t n, decide_refused_fn refused, void *userdata);
