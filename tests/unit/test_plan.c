/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is done with a device: rows of facts and the plan for them. */
#include "change/plan.h"
#include "test.h"

/* A device that is present, of a call that saves, and binds a driver; "FREE": nothing uses it. */
#define DEVICE .present = true, .alone = true
#define SAVES .save = true
#define PROBES .probe = true
#define HAND DEVICE, SAVES, PROBES, .wanted = true
#define LOAD DEVICE, PROBES
#define FREE .use = PLAN_FREE

/* A plan is its course and its steps, or "?" if it asks for the use, or its refusal. */
static const struct row {
	const char *name;
	struct plan_facts facts;
	const char *plan;
} rows[] = {
	/* set-override DEVICE DRIVER */
	{ "set: another driver is bound", { .verb = OVERRIDE_SET, HAND, .has_driver = true }, "?" },
	{ "set: it is in use",
		{ .verb = OVERRIDE_SET, HAND, .has_driver = true, .use = PLAN_IN_USE }, "in use" },
	{ "set: nothing uses it", { .verb = OVERRIDE_SET, HAND, .has_driver = true, FREE },
		"give: find put hold override unbind bind verify" },
	{ "set: no driver is bound: its group may be in use", { .verb = OVERRIDE_SET, HAND }, "?" },
	{ "set: it is on the driver: nobody loses it",
		{ .verb = OVERRIDE_SET, HAND, .has_driver = true, .on_target = true },
		"give: find put hold override unbind bind verify" },
	{ "set --force", { .verb = OVERRIDE_SET, HAND, .has_driver = true, .force = true },
		"give: find put hold override unbind bind verify" },
	{ "set --nosave",
		{ .verb = OVERRIDE_SET, DEVICE, PROBES, .wanted = true, .has_driver = true, FREE },
		"give: find hold override unbind bind verify" },
	{ "set --noprobe",
		{ .verb = OVERRIDE_SET, DEVICE, SAVES, .wanted = true, .has_driver = true, FREE },
		"give: find put hold override unbind" },
	{ "set --save-only asks nobody",
		{ .verb = OVERRIDE_SET, HAND, .save_only = true, .has_driver = true },
		"give: find put hold override unbind bind verify" },
	{ "set none", { .verb = OVERRIDE_SET, HAND, .none = true, .has_driver = true }, "?" },
	{ "set none: nothing uses it",
		{ .verb = OVERRIDE_SET, HAND, .none = true, .has_driver = true, FREE },
		"give: find put hold override unbind verify" },
	{ "set none --noprobe",
		{ .verb = OVERRIDE_SET, DEVICE, SAVES, .wanted = true, .none = true, FREE },
		"give: find put hold override unbind verify" },
	{ "set: a VFIO driver, a bridge",
		{ .verb = OVERRIDE_SET, HAND, .vfio = true, .bridge = true }, "bridge" },
	{ "set --force: a VFIO driver, a bridge",
		{ .verb = OVERRIDE_SET, HAND, .vfio = true, .bridge = true, .force = true },
		"bridge" },
	{ "set: another driver, a bridge", { .verb = OVERRIDE_SET, HAND, .bridge = true, FREE },
		"give: find put hold override unbind bind verify" },

	/* unset-override */
	{ "unset: on the overriding driver; the question before the unbind is enough",
		{ .verb = OVERRIDE_UNSET, HAND, .has_driver = true, .held = true },
		"give back: hold delete unbind override probe" },
	{ "unset: one of several",
		{ .verb = OVERRIDE_UNSET,
			.present = true,
			SAVES,
			PROBES,
			.has_driver = true,
			.held = true },
		"?" },
	{ "unset: one of several, in use",
		{ .verb = OVERRIDE_UNSET,
			.present = true,
			SAVES,
			PROBES,
			.has_driver = true,
			.held = true,
			.use = PLAN_IN_USE },
		"in use" },
	{ "unset: the native driver stays", { .verb = OVERRIDE_UNSET, HAND, .has_driver = true },
		"give back: delete override probe" },
	{ "unset: no driver: it may be being unbound", { .verb = OVERRIDE_UNSET, HAND }, "?" },
	{ "unset: no driver, nothing uses it", { .verb = OVERRIDE_UNSET, HAND, FREE },
		"give back: delete override probe" },
	{ "unset: vfio-pci forgets the ids",
		{ .verb = OVERRIDE_UNSET,
			HAND,
			.has_driver = true,
			.held = true,
			.is_grabbed_id = true },
		"give back: hold delete unbind override forget-id probe" },
	{ "unset --nosave",
		{ .verb = OVERRIDE_UNSET,
			DEVICE,
			PROBES,
			.wanted = true,
			.has_driver = true,
			.held = true },
		"give back: hold unbind override probe" },
	{ "unset --noprobe",
		{ .verb = OVERRIDE_UNSET,
			DEVICE,
			SAVES,
			.wanted = true,
			.has_driver = true,
			.held = true },
		"give back: hold delete unbind override" },
	{ "unset: an absent device", { .verb = OVERRIDE_UNSET, SAVES, PROBES },
		"give back: delete" },

	/* load-override */
	{ "load: another driver is bound",
		{ .verb = OVERRIDE_LOAD, LOAD, .wanted = true, .has_driver = true }, "?" },
	{ "load: in use",
		{ .verb = OVERRIDE_LOAD,
			LOAD,
			.wanted = true,
			.has_driver = true,
			.use = PLAN_IN_USE },
		"in use" },
	{ "load: nothing uses it",
		{ .verb = OVERRIDE_LOAD, LOAD, .wanted = true, .has_driver = true, FREE },
		"give: find hold override unbind bind verify" },
	{ "load: by a rule", { .verb = OVERRIDE_LOAD, LOAD, .wanted = true, .by_rule = true, FREE },
		"give: find hold note override unbind bind verify" },
	{ "load: a VFIO driver, a bridge",
		{ .verb = OVERRIDE_LOAD, LOAD, .wanted = true, .vfio = true, .bridge = true },
		"bridge" },
	{ "load: nothing is wanted", { .verb = OVERRIDE_LOAD, LOAD, .has_driver = true }, "stay:" },
	{ "load: a rule wanted it, and does no more",
		{ .verb = OVERRIDE_LOAD,
			LOAD,
			.has_driver = true,
			.held = true,
			.takes_back = true,
			.stale = true,
			.override_is_stale = true },
		"give back: hold unbind override probe clear" },
	{ "load: the same, and somebody has set another override since",
		{ .verb = OVERRIDE_LOAD,
			LOAD,
			.has_driver = true,
			.held = true,
			.takes_back = true,
			.stale = true },
		"stay: clear" },
	{ "load: a call was killed before it probed the native driver",
		{ .verb = OVERRIDE_LOAD,
			LOAD,
			.takes_back = true,
			.stale = true,
			.override_is_stale = true,
			FREE },
		"give back: override probe clear" },
	{ "load: a rule wanted it, but this load does not take back",
		{ .verb = OVERRIDE_LOAD,
			LOAD,
			.has_driver = true,
			.held = true,
			.stale = true,
			.override_is_stale = true },
		"stay:" },
	{ "load: vfio-pci keeps ids that somebody else has given it",
		{ .verb = OVERRIDE_LOAD,
			LOAD,
			.has_driver = true,
			.held = true,
			.takes_back = true,
			.stale = true,
			.override_is_stale = true,
			.is_grabbed_id = true },
		"give back: hold unbind override probe clear" },

	/* an event of udev */
	{ "event: as a load", { .verb = OVERRIDE_LOAD_ADDED, LOAD, .wanted = true, FREE },
		"give: find hold override unbind bind verify" },
	{ "event: set by hand, not saved",
		{ .verb = OVERRIDE_LOAD_ADDED, LOAD, .wanted = true, .last = PLAN_NOSAVE },
		"stay:" },
	{ "event: unset by hand, and there is a rule",
		{ .verb = OVERRIDE_LOAD_ADDED,
			LOAD,
			.wanted = true,
			.by_rule = true,
			.last = PLAN_BY_HAND },
		"stay:" },
	{ "event: set by hand, and saved",
		{ .verb = OVERRIDE_LOAD_ADDED, LOAD, .wanted = true, .last = PLAN_BY_HAND, FREE },
		"give: find hold override unbind bind verify" },
	{ "unbind event: the driver has just left it",
		{ .verb = OVERRIDE_LOAD_AGAIN, LOAD, .wanted = true, .just_lost = true, FREE },
		"give: find hold override unbind bind verify" },
	{ "unbind event: on purpose", { .verb = OVERRIDE_LOAD_AGAIN, LOAD, .wanted = true },
		"stay:" },

	/* load-override --all --early */
	{ "early: a saved override asks nobody",
		{ .verb = OVERRIDE_LOAD_EARLY, LOAD, .wanted = true, .has_driver = true },
		"keep off: note override" },
	{ "early: a rule asks",
		{ .verb = OVERRIDE_LOAD_EARLY,
			LOAD,
			.wanted = true,
			.by_rule = true,
			.has_driver = true },
		"?" },
	{ "early: a rule, and it is in use",
		{ .verb = OVERRIDE_LOAD_EARLY,
			LOAD,
			.wanted = true,
			.by_rule = true,
			.has_driver = true,
			.use = PLAN_IN_USE },
		"in use" },
	{ "early: a rule, and no driver is bound",
		{ .verb = OVERRIDE_LOAD_EARLY, LOAD, .wanted = true, .by_rule = true },
		"keep off: note override" },
	{ "early: done before",
		{ .verb = OVERRIDE_LOAD_EARLY, LOAD, .wanted = true, .override_is_ours = true },
		"stay:" },
	{ "early: it is on its overridden driver",
		{ .verb = OVERRIDE_LOAD_EARLY,
			LOAD,
			.wanted = true,
			.has_driver = true,
			.held = true },
		"stay:" },
	{ "early: a VFIO driver, a bridge",
		{ .verb = OVERRIDE_LOAD_EARLY, LOAD, .wanted = true, .vfio = true, .bridge = true },
		"bridge" },
	{ "early: the initramfs is older than the store",
		{ .verb = OVERRIDE_LOAD_EARLY,
			LOAD,
			.takes_back = true,
			.stale = true,
			.override_is_stale = true,
			FREE },
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
