/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is done with a device: rows of facts and the plan for them. */
#include "change/plan.h"
#include "test.h"

/* Facts. A device is present; HAND is a call for this one device, that saves and binds a driver. */
#define SAVES .save = true
#define PROBES .probe = true
#define DEVICE .present = true, .alone = true
#define HAND DEVICE, SAVES, PROBES, .wanted = true
#define ONE_OF_SEVERAL .present = true, SAVES, PROBES
#define LOAD DEVICE, PROBES
#define SET .verb = OVERRIDE_SET
#define UNSET .verb = OVERRIDE_UNSET
#define LOADED .verb = OVERRIDE_LOAD, LOAD
#define ADDED .verb = OVERRIDE_LOAD_ADDED, LOAD
#define UNBOUND .verb = OVERRIDE_LOAD_AGAIN, LOAD
#define EARLY .verb = OVERRIDE_LOAD_EARLY, LOAD
#define WANTED .wanted = true
#define BY_RULE WANTED, .by_rule = true
#define BOUND .has_driver = true
#define HELD BOUND, .held = true
#define TAKES_BACK .takes_back = true, .stale = true
#define STALE .stale = true, .override_is_stale = true
#define ON_A_BRIDGE .vfio = true, .bridge = true
#define FREE .use = PLAN_FREE
#define IN_USE .use = PLAN_IN_USE

/* A plan is its course and its steps, or "?" if it asks for the use, or its refusal. */
static const struct row {
	const char *name;
	struct plan_facts facts;
	const char *plan;
} rows[] = {
	/* set-override DEVICE DRIVER */
	{ "set: another driver is bound", { SET, HAND, BOUND }, "?" },
	{ "set: it is in use", { SET, HAND, BOUND, IN_USE }, "in use" },
	{ "set: nothing uses it", { SET, HAND, BOUND, FREE },
		"give: find put hold override unbind bind verify" },
	{ "set: no driver is bound: its group may be in use", { SET, HAND }, "?" },
	{ "set: it is on the driver: nobody loses it", { SET, HAND, BOUND, .on_target = true },
		"give: find put hold override unbind bind verify" },
	{ "set --force", { SET, HAND, BOUND, .force = true },
		"give: find put hold override unbind bind verify" },
	{ "set --nosave", { SET, DEVICE, PROBES, WANTED, BOUND, FREE },
		"give: find hold override unbind bind verify" },
	{ "set --noprobe", { SET, DEVICE, SAVES, WANTED, BOUND, FREE },
		"give: find put hold override unbind" },
	{ "set --save-only asks nobody", { SET, HAND, .save_only = true, BOUND },
		"give: find put hold override unbind bind verify" },
	{ "set none", { SET, HAND, .none = true, BOUND }, "?" },
	{ "set none: nothing uses it", { SET, HAND, .none = true, BOUND, FREE },
		"give: find put hold override unbind verify" },
	{ "set none --noprobe", { SET, DEVICE, SAVES, WANTED, .none = true, FREE },
		"give: find put hold override unbind verify" },
	{ "set: a VFIO driver, a bridge", { SET, HAND, ON_A_BRIDGE }, "bridge" },
	{ "set --force: a VFIO driver, a bridge", { SET, HAND, ON_A_BRIDGE, .force = true },
		"bridge" },
	{ "set: another driver, a bridge", { SET, HAND, .bridge = true, FREE },
		"give: find put hold override unbind bind verify" },

	/* unset-override */
	{ "unset: on the overriding driver; the question before the unbind is enough",
		{ UNSET, HAND, HELD }, "give back: hold delete unbind override probe" },
	{ "unset: one of several", { UNSET, ONE_OF_SEVERAL, HELD }, "?" },
	{ "unset: one of several, in use", { UNSET, ONE_OF_SEVERAL, HELD, IN_USE }, "in use" },
	{ "unset: the native driver stays", { UNSET, HAND, BOUND },
		"give back: delete override probe" },
	{ "unset: no driver: it may be being unbound", { UNSET, HAND }, "?" },
	{ "unset: no driver, nothing uses it", { UNSET, HAND, FREE },
		"give back: delete override probe" },
	{ "unset: vfio-pci forgets the ids", { UNSET, HAND, HELD, .is_grabbed_id = true },
		"give back: hold delete unbind override forget-id probe" },
	{ "unset --nosave", { UNSET, DEVICE, PROBES, WANTED, HELD },
		"give back: hold unbind override probe" },
	{ "unset --noprobe", { UNSET, DEVICE, SAVES, WANTED, HELD },
		"give back: hold delete unbind override" },
	{ "unset: an absent device", { UNSET, SAVES, PROBES }, "give back: delete" },

	/* load-override */
	{ "load: another driver is bound", { LOADED, WANTED, BOUND }, "?" },
	{ "load: in use", { LOADED, WANTED, BOUND, IN_USE }, "in use" },
	{ "load: nothing uses it", { LOADED, WANTED, BOUND, FREE },
		"give: find hold override unbind bind verify" },
	{ "load: by a rule", { LOADED, BY_RULE, FREE },
		"give: find hold note override unbind bind verify" },
	{ "load: a VFIO driver, a bridge", { LOADED, WANTED, ON_A_BRIDGE }, "bridge" },
	{ "load: nothing is wanted", { LOADED, BOUND }, "stay:" },
	{ "load: a rule wanted it, and does no more",
		{ LOADED, HELD, TAKES_BACK, .override_is_stale = true },
		"give back: hold unbind override probe clear" },
	{ "load: the same, and somebody has set another override since",
		{ LOADED, HELD, TAKES_BACK }, "stay: clear" },
	{ "load: a call was killed before it probed the native driver",
		{ LOADED, TAKES_BACK, .override_is_stale = true, FREE },
		"give back: override probe clear" },
	{ "load: a rule wanted it, but this load does not take back", { LOADED, HELD, STALE },
		"stay:" },
	{ "load: vfio-pci keeps ids that somebody else has given it",
		{ LOADED, HELD, TAKES_BACK, .override_is_stale = true, .is_grabbed_id = true },
		"give back: hold unbind override probe clear" },

	/* an event of udev */
	{ "event: as a load", { ADDED, WANTED, FREE },
		"give: find hold override unbind bind verify" },
	{ "event: set by hand, not saved", { ADDED, WANTED, .last = PLAN_NOSAVE }, "stay:" },
	{ "event: unset by hand, and there is a rule", { ADDED, BY_RULE, .last = PLAN_BY_HAND },
		"stay:" },
	{ "event: set by hand, and saved", { ADDED, WANTED, .last = PLAN_BY_HAND, FREE },
		"give: find hold override unbind bind verify" },
	{ "unbind event: the driver has just left it", { UNBOUND, WANTED, .just_lost = true, FREE },
		"give: find hold override unbind bind verify" },
	{ "unbind event: on purpose", { UNBOUND, WANTED }, "stay:" },

	/* load-override --all --early */
	{ "early: a saved override asks nobody", { EARLY, WANTED, BOUND },
		"keep off: note override" },
	{ "early: a rule asks", { EARLY, BY_RULE, BOUND }, "?" },
	{ "early: a rule, and it is in use", { EARLY, BY_RULE, BOUND, IN_USE }, "in use" },
	{ "early: a rule, and no driver is bound", { EARLY, BY_RULE }, "keep off: note override" },
	{ "early: done before", { EARLY, WANTED, .override_is_ours = true }, "stay:" },
	{ "early: it is on its overridden driver", { EARLY, WANTED, HELD }, "stay:" },
	{ "early: a VFIO driver, a bridge", { EARLY, WANTED, ON_A_BRIDGE }, "bridge" },
	{ "early: the initramfs is older than the store",
		{ EARLY, TAKES_BACK, .override_is_stale = true, FREE },
		"give back: override probe clear" },
};

static void describe(const struct plan *plan, char *ret, size_t size)
{
	static const char *const courses[] = {
		[PLAN_STAY] = "stay:",
		[PLAN_GIVE] = "give:",
		[PLAN_GIVE_BACK] = "give back:",
		[PLAN_KEEP_OFF] = "keep off:",
	};
	static const char *const steps[] = {
		[PLAN_FIND] = "find",
		[PLAN_PUT] = "put",
		[PLAN_DELETE] = "delete",
		[PLAN_HOLD] = "hold",
		[PLAN_NOTE] = "note",
		[PLAN_OVERRIDE] = "override",
		[PLAN_UNBIND] = "unbind",
		[PLAN_BIND] = "bind",
		[PLAN_VERIFY] = "verify",
		[PLAN_FORGET_ID] = "forget-id",
		[PLAN_PROBE] = "probe",
		[PLAN_CLEAR] = "clear",
	};

	if (plan->refusal == PLAN_REFUSE_USE)
		util_format(ret, size, "in use");
	else if (plan->refusal == PLAN_REFUSE_BRIDGE)
		util_format(ret, size, "bridge");
	else if (plan->asks_use)
		util_format(ret, size, "?");
	else
		util_format(ret, size, "%s", courses[plan->course]);
	for (size_t i = 0; !plan->asks_use && i < plan->n; i++) {
		size_t used = strlen(ret);

		util_format(ret + used, size - used, " %s", steps[plan->steps[i]]);
	}
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct plan plan;
		char got[256];

		plan_make(&rows[i].facts, &plan);
		describe(&plan, got, sizeof(got));
		same(got, rows[i].plan, rows[i].name);
	}
	return test_end();
}
