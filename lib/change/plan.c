/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The order of the steps, and its reasons:
 *
 *   find       loads a module: the slowest step, and the one that fails most often
 *   put        a full or read-only /etc is found while nothing has changed
 *   hold       nothing is touched yet if the device has come into use
 *   note       if this call is killed, the journal tells whose override it is
 *   override   before the unbind, so that no other driver can take the device in between
 *   unbind
 *   bind       by the driver's own file, which returns the errno of the probe; drivers_probe
 *              reports success for a probe that failed, so it serves only if the driver is not
 *              known: for the native one
 *   verify     that the wanted driver has the device, and no other
 *
 * When a device is given back, the question who uses it comes before all else, and the driver goes
 * before the override: by the override the next call
 * recognises the driver as the overriding one, if this call is killed in between.
 */
#include "change/plan.h"

static void add(struct plan *p, enum plan_step step)
{
	p->steps[p->n++] = step;
}

/* Whether the use of the device forbids the plan. */
static void ask_use(const struct plan_facts *f, struct plan *p)
{
	if (f->force || f->save_only)
		return;
	if (f->use == PLAN_NOT_ASKED)
		p->asks_use = true;
	else if (f->use == PLAN_IN_USE)
		p->refusal = PLAN_REFUSE_USE;
}

static void give(const struct plan_facts *f, struct plan *p)
{
	bool by_hand = override_by_hand(f->verb);

	p->course = PLAN_GIVE;
	if (f->vfio && f->bridge) {
		p->refusal = PLAN_REFUSE_BRIDGE;
		return;
	}
	/* A device without a driver may be in use all the same: by its group, or because it is
	 * being unbound. For a load of it alone, the question before the bind is early enough. */
	if (by_hand || f->has_driver || !f->alone)
		if (!f->on_target || f->none)
			ask_use(f, p);
	add(p, PLAN_FIND);
	if (f->save)
		add(p, PLAN_PUT);
	add(p, PLAN_HOLD);
	if (f->by_rule)
		add(p, PLAN_NOTE);
	add(p, PLAN_OVERRIDE);
	add(p, PLAN_UNBIND);
	if (f->probe && !f->none)
		add(p, PLAN_BIND);
	if (f->probe || f->none)
		add(p, PLAN_VERIFY);
}

/* A driver that is not there by an override stays. */
static void give_back(const struct plan_facts *f, struct plan *p)
{
	p->course = PLAN_GIVE_BACK;
	/* For one device alone, the question before the unbind is early enough. */
	if (f->present && (!f->has_driver || (f->held && !f->alone)))
		ask_use(f, p);
	if (f->held)
		add(p, PLAN_HOLD);
	/* This writes nothing. */
	if (f->save)
		add(p, PLAN_DELETE);
	if (!f->present)
		return;
	if (f->held)
		add(p, PLAN_UNBIND);
	add(p, PLAN_OVERRIDE);
	/* A load takes back what a rule has set, and nothing else. */
	if (f->verb == OVERRIDE_UNSET && f->is_grabbed_id)
		add(p, PLAN_FORGET_ID);
	if (f->probe)
		add(p, PLAN_PROBE);
}

/* From here on no other driver can bind; the rest waits for udev and for the modules. A rule may be
 * for devices that nobody has thought of: it takes none that is in use. */
static void keep_off(const struct plan_facts *f, struct plan *p)
{
	if (f->vfio && f->bridge) {
		p->refusal = PLAN_REFUSE_BRIDGE;
		return;
	}
	/* On its overridden driver already, it has nothing to be kept from. */
	if (f->override_is_ours || f->held)
		return;
	p->course = PLAN_KEEP_OFF;
	if (f->by_rule && f->has_driver)
		ask_use(f, p);
	add(p, PLAN_NOTE);
	add(p, PLAN_OVERRIDE);
}

/* An override that is no longer the noted one is somebody's decision. A cleared one may be that of
 * a call that was killed before it probed. */
static void take_back(const struct plan_facts *f, struct plan *p)
{
	if (!f->takes_back || !f->stale)
		return;
	if (f->override_is_stale)
		give_back(f, p);
	add(p, PLAN_CLEAR);
}

/* The event may be one that somebody asked for (udevadm trigger), about another matter. An unset by
 * hand leaves the device to a rule, but not before the next boot. */
static bool is_decided_by_hand(const struct plan_facts *f)
{
	return f->last == PLAN_NOSAVE || (f->last == PLAN_BY_HAND && f->by_rule);
}

void plan_make(const struct plan_facts *f, struct plan *ret)
{
	*ret = (struct plan){ .refusal = PLAN_ALLOWED };
	switch (f->verb) {
	case OVERRIDE_SET:
		give(f, ret);
		break;
	case OVERRIDE_UNSET:
		give_back(f, ret);
		break;
	case OVERRIDE_LOAD:
		if (f->wanted)
			give(f, ret);
		else
			take_back(f, ret);
		break;
	case OVERRIDE_LOAD_ADDED:
		if (!is_decided_by_hand(f))
			give(f, ret);
		break;
	case OVERRIDE_LOAD_AGAIN:
		if (f->just_lost)
			give(f, ret);
		break;
	case OVERRIDE_LOAD_EARLY:
		if (f->wanted)
			keep_off(f, ret);
		else
			take_back(f, ret);
		break;
	}
	if (ret->refusal != PLAN_ALLOWED)
		ret->n = 0;
}
