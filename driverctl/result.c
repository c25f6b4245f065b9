/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the results of the commands that change something. Changes nothing. */
#include "result.h"

#include "kernel/iommu.h"
#include "message.h"
#include "object.h"
#include "show.h"
#include "store/saved.h"

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

static bool is_state_known(const struct override_end *end)
{
	return end->outcome != OVERRIDE_UNSEEN && end->outcome != OVERRIDE_UNKNOWN;
}

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

/* {"code": "in-use", "text": "..."} */
static struct json_object *reason_json(const char *code, const char *text)
{
	struct json_object *object = json_object_new_object();

	object_add_text(object, "code", code);
	object_add_text(object, "text", text);
	return object;
}

static void add_changed(struct json_object *object, const struct change *c, size_t i)
{
	/* An absent device has no state, nor has a rule: only what is saved can have changed. */
	bool known = is_state_known(&c->ends[i]) || !c->devices[i].path[0];

	json_object_object_add(
		object, "changed", known ? json_object_new_boolean(is_changed(c, i)) : NULL);
}

/* A dry run neither saves nor removes: the store does not tell. */
static void add_saved_driver(struct json_object *object, const struct change *c, size_t i)
{
	const struct override_end *end = &c->ends[i];
	char key[DEVICE_KEY_MAX], saved[SYSFS_NAME_MAX] = "";

	if (c->request->dry_run && end->saved) {
		object_add_text(object, "saved_driver", end->state.override);
		return;
	}
	device_key(&c->devices[i], key);
	(void)saved_driver(key, saved);
	object_add_text(object, "saved_driver", saved);
}

/* An unknown value is null. */
static void add_state(struct json_object *object, const struct change *c, size_t i)
{
	const struct override_end *end = &c->ends[i];
	bool known = is_state_known(end);

	add_changed(object, c, i);
	object_add_text(object, "driver_before", end->before.driver);
	object_add_text(object, "driver", known ? state_after(c, i)->driver : NULL);
	object_add_text(object, "override", known ? state_after(c, i)->override : NULL);
	add_saved_driver(object, c, i);
}

static struct json_object *result_json(const char *name, const char *bus)
{
	struct json_object *object = json_object_new_object();

	object_add_text(object, "name", name);
	object_add_text(object, "bus", bus);
	return object;
}

/* Why a change failed: because of this device, or of another one of its group. */
static void add_reason(struct json_object *object, const struct change *c, size_t i, int code)
{
	const struct override_failure *failure = &c->failure;
	struct json_object *reason = NULL, *holder = NULL;
	char text[4096];

	if (code != EXIT_DONE && i != failure->device) {
		util_format(text, sizeof(text), "another device of its %s failed", report_whole(c));
		reason = reason_json("group-member", text);
	} else if (code != EXIT_DONE) {
		message_cause(c->options, &c->devices[i], failure, text, sizeof(text));
		reason = reason_json(message_reason(failure->cause), text);
		if (failure->use.kind != USE_NONE)
			holder = show_json_use(&failure->use);
	}
	json_object_object_add(object, "reason", reason);
	json_object_object_add(object, "holder", holder);
}

static void add_change_json(const struct change *c, size_t i, int code)
{
	const struct device *dev = &c->devices[i];
	const char *name = report_is_rule(c, i) ? c->request->sources->change->name : dev->name;
	struct json_object *object = result_json(name, dev->bus);

	add_state(object, c, i);
	object_add_text(object, "outcome", outcomes[code]);
	add_reason(object, c, i, code);
	object_print(object);
}

/* --- for people --- */

static const char *driver_or_none(const char *driver)
{
	return driver[0] ? driver : "no driver";
}

static const char *word_saved(const struct change *c, size_t i)
{
	enum override_verb verb = c->request->verb;

	if (verb == OVERRIDE_UNSET)
		return c->ends[i].saved ? ", no longer saved" : "";
	if (verb != OVERRIDE_SET && verb != OVERRIDE_SET_BEST)
		return "";
	return c->request->save ? ", saved" : ", not saved";
}

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

/* A driver that is built into the kernel does not tell which devices it is for, except by taking
 * them. */
static const char *word_now(const struct change *c, size_t i)
{
	const struct device_state *now = &c->ends[i].state;

	if (!c->request->dry_run || now->driver[0] || now->override[0])
		return driver_or_none(now->driver);
	return is_changed(c, i) ? "no driver that is a module" : driver_or_none("");
}

static void print_transition(const struct change *c, size_t i)
{
	const char *before = driver_or_none(c->ends[i].before.driver);
	const char *now = word_now(c, i);

	if (!streq(before, now))
		printf("%s -> %s", before, now);
	else if (is_changed(c, i))
		fputs(now, stdout);
	else
		printf("%s, unchanged", now);
}

static void print_saved_only(const struct change *c, size_t i)
{
	const char *driver = c->ends[i].state.override;

	if (c->request->verb == OVERRIDE_UNSET)
		fputs("nothing saved", stdout);
	else if (c->request->verb != OVERRIDE_SET_RULE)
		printf("%s saved", driver);
	else
		fputs(driver[0] ? driver : "no override", stdout);
	fputs(", from the next boot on", stdout);
}

static void print_change(const struct change *c, size_t i)
{
	printf("%s: ", c->devices[i].name);
	if (c->request->save_only) {
		print_saved_only(c, i);
	} else {
		if (c->devices[i].path[0])
			print_transition(c, i);
		else
			fputs("not present", stdout);
		fputs(word_saved(c, i), stdout);
		if (c->request->dry_run)
			print_group(&c->devices[i]);
	}
	puts(c->request->dry_run ? " (dry run)" : "");
}

static void print_rule(const struct change *c, size_t i)
{
	const char *done = c->ends[i].saved ? "saved" : "unchanged";
	bool set = c->request->sources->change->text;

	printf("%s: %s", c->devices[i].name, set ? done : "removed");
	if (set && c->n == 1)
		fputs("; no device that is present follows it", stdout);
	puts(c->request->dry_run ? " (dry run)" : "");
}

static bool is_printed(const struct change *c)
{
	if (c->request->dry_run)
		return true;
	return c->options->terminal_out && !options_have(c->options, OPTION_EARLY);
}

/* --- both --- */

void result_add(const struct change *change, size_t i, int code)
{
	if (options_have(change->options, OPTION_JSON)) {
		add_change_json(change, i, code);
		return;
	}
	if (code != EXIT_DONE || !is_printed(change))
		return;
	if (report_is_rule(change, i))
		print_rule(change, i);
	else
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
	object = result_json(name, bus);
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		json_object_object_add(object, unknown[i], NULL);
	object_add_text(object, "outcome", outcomes[code]);
	json_object_object_add(object, "reason", reason_json(reason, text));
	json_object_object_add(object, "holder", NULL);
	object_print(object);
}
