/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gives devices back to their native drivers. */
#include "change/unset.h"

#include "change/effect.h"
#include "change/rebind.h"
#include "kernel/driver.h"
#include "vfio/table.h"

#include <errno.h>

#define VFIO_PCI "vfio-pci"

/* An absent device may have a saved override to remove. */
int unset_begin(struct transaction *t)
{
	int err;

	if (t->dev->path[0] || !t->call->request->save)
		return transaction_begin(t);
	err = transaction_prepare_removal(t);
	if (err < 0)
		return err;
	if (!t->save.changes)
		return transaction_fail(t, OVERRIDE_ABSENT, -ENODEV);
	return transaction_lock(t);
}

/* Without an override, new_id or another tool has given the device to the generic VFIO driver. */
static bool is_grabbed(const struct transaction *t)
{
	const char *generic = variant_generic(t->dev->bus);

	if (t->before.override[0] || !generic || t->call->request->verb != OVERRIDE_UNSET)
		return false;
	return driver_is(t->dev->bus, t->before.driver, generic);
}

bool unset_is_held(const struct transaction *t)
{
	if (!t->before.driver[0])
		return false;
	return streq(t->before.driver, t->before.override) || is_grabbed(t);
}

/* Before the first of several devices is touched. unset_give_back() begins with the same check: for
 * one alone, that is enough. */
int unset_allow(struct transaction *t)
{
	bool held = unset_is_held(t);

	if (!t->dev->path[0] || (t->before.driver[0] && !held))
		return 0;
	if (held && t->call->n == 1)
		return 0;
	return transaction_check_use(t);
}

static int prepare(struct transaction *t)
{
	return transaction_saves(t) ? transaction_prepare_removal(t) : 0;
}

/*
 * The driver goes before the override: by the override the next call recognises the driver as the
 * overriding one, if this call is killed in between. The claim lasts until the unbind; to prepare
 * the removal of what is saved writes nothing.
 */
static int take_driver(struct transaction *t)
{
	CLEANUP(use_release) struct use_claim claim = { 0 };
	int err = transaction_claim(t, &claim);

	if (err < 0)
		return err;
	err = prepare(t);
	return err < 0 ? err : rebind_unbind(t, t->before.driver);
}

static bool is_vfio_pci(const struct transaction *t)
{
	if (!streq(t->dev->bus, "pci"))
		return false;
	return streq(t->before.override, VFIO_PCI) || streq(t->before.driver, VFIO_PCI);
}

int unset_give_back(struct transaction *t)
{
	bool held = unset_is_held(t);
	int err = held ? take_driver(t) : prepare(t);

	if (err < 0)
		return err;
	err = rebind_change(t, "", held ? "" : t->before.driver);
	if (err < 0)
		return err;
	/* A load takes back what a rule has set, and nothing else. */
	if (t->call->request->verb == OVERRIDE_UNSET && is_vfio_pci(t))
		effect_forget_vfio_id(t);
	return t->call->request->probe ? rebind_probe(t) : 0;
}

int unset(struct transaction *t)
{
	return t->dev->path[0] ? unset_give_back(t) : 0;
}
