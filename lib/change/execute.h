/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Carrying out a plan; private to lib/change. Only here, and on the way back in transaction.c, is a
 * device changed.
 */
#pragma once

struct transaction;

/** The driver to give a device to. */
struct execute_driver {
	const char *given;  /* a driver's or a module's name, or DRIVER_NONE */
	const char *module; /* the module to load for it; "" for none */
	const char *choose; /* how a set saves it, POLICY_... */
};

/**
 * execute - carry out t->plan
 * @driver: for PLAN_GIVE; otherwise NULL
 *
 * A dry run, and a call that only saves, find the driver and compare the store; t->now then has the
 * state that the device would have.
 *
 * Return: 0, or -errno after transaction_fail(): what was changed is put back by
 * transaction_end().
 */
int execute(struct transaction *t, const struct execute_driver *driver);
