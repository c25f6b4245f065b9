/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What became of each device, for programs and for people. */
#include "result.h"

#include "kernel/iommu.h"
#include "message.h"
#include "object.h"
#include "show.h"
#include "store/saved.h"
#include "store/target.h"

static const char *const outcomes[] = {
	[EXIT_DONE] = "done",
	[EXIT_FAILED] = "failed",
	[EXIT_USAGE] = "usage",
	[EXIT_NO_DEVICE] = "no-device",
	[EXIT_REFUSED] = "refused",
	[EXIT_NOT_BOUND] = "not-bound",
	[EXIT_UNFINISHED] = "unfinished",
	[EXIT_NO_DRIVER] = "no-driver",
	[EXIT_NOT_PERMITTED] = "not-permitted",
};

/* The state of the device after the call, or after its plan. A call that only saves leaves it. */
static const struct device_state *state_after(const struct change *c, size_t i)
{
	const struct override_end *end = &c->ends[i];

	return c->request->save_only ? &end->before : &end->state;
}

static bool is_changed(const struct change *c, size_t i)
{
	const struct device_state *before = &c->ends[i].before, *after = state_after(c, i);

	if (c->ends[i].saved)
		return true;
	return !streq(before->driver, after->driver) || !streq(before->override, after->override);
}

/* --- for programs --- */

static void print_object(const struct change *c, size_t i, int code)
{
	const struct override_failure *failure = &c->failure;
	const struct device *dev = &c->devices[i];
	const struct override_end *end = &c->ends[i];
	const char *name = result_is_rule(c, i) ? c->request->sources->change->name : dev->name;
	struct json_object *object = json_object_new_object(), *reason = NULL, *holder = NULL;
	char key[DEVICE_KEY_MAX], saved[SYSFS_NAME_MAX] = "", text[4096];
	bool known = end->outcome != OVERRIDE_UNSEEN && end->outcome != OVERRIDE_UNKNOWN;

	object_add_text(object, "name", name);
	object_add_text(object, "bus", dev->bus);
	/* What is not known is null. An absent device has no state, nor has a rule: only what is
	 * saved can have changed. */
	if (known || !dev->path[0])
		object_add_bool(object, "changed", is_changed(c, i));
	else
		json_object_object_add(object, "changed", NULL);
	object_add_text(object, "driver_before", end->before.driver);
	object_add_text(object, "driver", known ? state_after(c, i)->driver : NULL);
	object_add_text(object, "override", known ? state_after(c, i)->override : NULL);
	device_key(dev, key);
	(void)saved_driver(key, saved);
	/* A dry run neither saves nor removes: the store does not tell. */
	if (c->request->dry_run && end->saved)
		object_add_text(object, "saved_driver", end->state.override);
	else
		object_add_text(object, "saved_driver", saved);
	object_add_text(object, "outcome", outcomes[code]);
	/* Why it failed: because of this device, or of another one of its group. */
	if (code != EXIT_DONE && i != failure->device) {
		reason = object_reason("group-member", "another device of its IOMMU group failed");
	} else if (code != EXIT_DONE) {
		message_cause(c->options, dev, failure, text, sizeof(text));
		reason = object_reason(message_reason(failure->cause), text);
		if (failure->use.kind != USE_NONE)
			holder = show_json_use(&failure->use);
	}
	json_object_object_add(object, "reason", reason);
	json_object_object_add(object, "holder", holder);
	object_print(object);
}

/* --- for people --- */

/* ", IOMMU group 7 shared with 0000:01:00.1 (snd_hda_intel)" */
static void print_group(const struct device *dev)
{
	CLEANUP(iommu_free) struct iommu_group group = { 0 };
	const char *before = " shared with ";

	if (iommu_read(dev, &group) < 0 || !group.name[0])
		return;
	printf(", IOMMU group %s", group.name);
	for (size_t i = 0; i < group.n_members; i++) {
		const struct iommu_member *m = &group.members[i];

		if (streq(m->dev.name, dev->name) || !iommu_is_obstacle(m))
			continue;
		printf("%s%s (%s)", before, m->dev.name, m->driver);
		before = ", ";
	}
}

static void print_change(const struct change *c, size_t i)
{
	enum override_verb verb = c->request->verb;
	const struct device *dev = &c->devices[i];
	const struct override_end *end = &c->ends[i];
	const char *before = end->before.driver[0] ? end->before.driver : "no driver";
	const char *now = end->state.driver[0] ? end->state.driver : "no driver";
	const char *override = end->state.override;
	const char *dry = c->request->dry_run ? " (dry run)" : "";
	bool changed = is_changed(c, i);

	printf("%s: ", dev->name);
	if (c->request->save_only) {
		if (verb == OVERRIDE_UNSET)
			fputs("nothing saved", stdout);
		else if (verb == OVERRIDE_SET)
			printf("%s saved", override);
		else
			fputs(override[0] ? override : "no override", stdout);
		printf(", from the next boot on%s\n", dry);
		return;
	}
	/* A driver that is built into the kernel does not tell which devices it is for, except by
	 * taking them. */
	if (c->request->dry_run && !end->state.driver[0] && !override[0] && changed)
		now = "no driver that is a module";
	if (!dev->path[0])
		fputs("not present", stdout);
	else if (!streq(before, now))
		printf("%s -> %s", before, now);
	else
		printf("%s%s", now, changed ? "" : ", unchanged");
	if (verb == OVERRIDE_UNSET && end->saved)
		fputs(", no longer saved", stdout);
	if (verb == OVERRIDE_SET)
		fputs(c->request->save ? ", saved" : ", not saved", stdout);
	if (c->request->dry_run)
		print_group(dev);
	puts(dry);
}

static void print_rule(const struct change *c, size_t i)
{
	const char *done = c->ends[i].saved ? "saved" : "unchanged";
	bool set = c->request->sources->change->text;

	printf("%s: %s", c->devices[i].name, set ? done : "removed");
	if (set && c->n_followers == 0)
		fputs("; no device that is present follows it", stdout);
	puts(c->request->dry_run ? " (dry run)" : "");
}

/* --- both --- */

void result_add(const struct change *change, size_t i, int code)
{
	bool read = change->request->dry_run ||
		    (change->options->terminal_out && !options_have(change->options, OPTION_EARLY));

	if (options_have(change->options, OPTION_JSON))
		print_object(change, i, code);
	else if (code == EXIT_DONE && read && result_is_rule(change, i))
		print_rule(change, i);
	else if (code == EXIT_DONE && read)
		print_change(change, i);
}

void result_add_failed(const struct options *options, const char *name, const char *bus, int code,
	const char *reason, const char *text)
{
	static const char *const unknown[] = { "changed", "driver_before", "driver", "override",
		"saved_driver" };
	struct json_object *object;

	if (!options_have(options, OPTION_JSON))
		return;
	object = json_object_new_object();
	object_add_text(object, "name", name);
	object_add_text(object, "bus", bus);
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		json_object_object_add(object, unknown[i], NULL);
	object_add_text(object, "outcome", outcomes[code]);
	json_object_object_add(object, "reason", object_reason(reason, text));
	json_object_object_add(object, "holder", NULL);
	object_print(object);
}
