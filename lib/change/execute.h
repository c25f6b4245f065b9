/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Carrying out a plan; private to lib/change. Only here, and on the way back in transaction.c, is a
 * device changed.
 */
#pragma once

struct transaction;

/**
 * execute - carry out t->plan; for PLAN_GIVE, with the driver t->choice
 *
 * A dry run, and a call that only saves, find the driver and compare the store; t->now then has the
 * state that the device would have.
 *
 * Return: 0, or -errno after transaction_fail(): what was changed is put back by
 * transaction_end().
 */
int execute(struct transaction *t);

/** execute_native - clear the override of a load that has failed, and let the native driver have
 * the device */
void execute_native(struct transaction *t);
