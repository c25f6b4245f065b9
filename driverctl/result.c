/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the results of the commands that change something. Changes nothing. */
#include "result.h"

#include "kernel/iommu.h"
#include "message.h"
#include "output.h"
#include "show.h"
#include "store/store.h"

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

static bool is_changed(const struct override_end *end)
{
	if (end->saved)
		return true;
	return !streq(end->before.driver, end->state.driver) ||
	       !streq(end->before.override, end->state.override);
}

/* --- for programs --- */

static void add_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, output_text(text));
}

/* {"code": "in-use", "text": "..."} */
static struct json_object *reason_json(const char *code, const char *text)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "code", code);
	add_text(object, "text", text);
	return object;
}

/* The state of the device; without @end, or if that is not known, all null. */
static void add_state(
	struct json_object *object, const struct device *dev, const struct override_end *end)
{
	char saved[SYSFS_NAME_MAX] = "";
	bool known = end && is_state_known(end);

	json_object_object_add(
		object, "changed", known ? json_object_new_boolean(is_changed(end)) : NULL);
	add_text(object, "driver_before", end ? end->before.driver : NULL);
	add_text(object, "driver", known ? end->state.driver : NULL);
	add_text(object, "override", known ? end->state.override : NULL);
	if (dev) {
		char key[DEVICE_KEY_MAX];

		device_key(dev, key);
		(void)store_read(key, saved);
	}
	add_text(object, "saved_driver", saved);
}

static struct json_object *result_json(
	const char *name, const char *bus, const struct device *dev, const struct override_end *end)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "name", name);
	add_text(object, "bus", bus);
	add_state(object, dev, end);
	return object;
}

/* A dry run neither saves nor removes: the store does not tell. */
static void set_saved_driver(struct json_object *object, const struct change *c, size_t i)
{
	const struct override_end *end = &c->ends[i];

	if (c->request->effects != OVERRIDE_DRY_RUN || !end->saved)
		return;
	add_text(object, "saved_driver", end->state.override);
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
	struct json_object *object = result_json(dev->name, dev->bus, dev, &c->ends[i]);

	set_saved_driver(object, c, i);
	add_text(object, "outcome", outcomes[code]);
	add_reason(object, c, i, code);
	output_object(c->options->results->output, object);
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
static const char *word_now(const struct change *c, const struct override_end *end)
{
	const struct device_state *now = &end->state;

	if (c->request->effects != OVERRIDE_DRY_RUN || now->driver[0] || now->override[0])
		return driver_or_none(now->driver);
	return is_changed(end) ? "no driver that is a module" : driver_or_none("");
}

static void print_transition(const struct change *c, const struct override_end *end)
{
	const char *before = driver_or_none(end->before.driver);
	const char *now = word_now(c, end);

	if (!streq(before, now))
		printf("%s -> %s", before, now);
	else if (is_changed(end))
		fputs(now, stdout);
	else
		printf("%s, unchanged", now);
}

static void print_saved_only(const struct change *c, size_t i)
{
	const char *driver = c->ends[i].state.override;

	if (c->request->verb == OVERRIDE_UNSET)
		puts("nothing saved, from the next boot on");
	else
		printf("%s saved, from the next boot on\n", driver);
}

static void print_change(const struct change *c, size_t i)
{
	printf("%s: ", c->devices[i].name);
	if (c->request->effects == OVERRIDE_SAVE_ONLY) {
		print_saved_only(c, i);
		return;
	}
	if (c->devices[i].path[0])
		print_transition(c, &c->ends[i]);
	else
		fputs("not present", stdout);
	fputs(word_saved(c, i), stdout);
	if (c->request->effects == OVERRIDE_DRY_RUN) {
		print_group(&c->devices[i]);
		fputs(" (dry run)", stdout);
	}
	putchar('\n');
}

static void print_rule(const struct change *c, size_t i)
{
	const char *done = c->ends[i].saved ? "saved" : "unchanged";
	bool set = c->request->sources->change->text;

	printf("%s: %s", c->devices[i].name, set ? done : "removed");
	if (set && c->n == 1)
		fputs("; no device that is present follows it", stdout);
	puts(c->request->effects == OVERRIDE_DRY_RUN ? " (dry run)" : "");
}

static bool is_printed(const struct change *c)
{
	if (options_have(c->options, OPTION_EARLY))
		return false;
	return c->request->effects == OVERRIDE_DRY_RUN || isatty(STDOUT_FILENO);
}

/* --- both --- */

static void add_change(const struct change *change, size_t i, int code)
{
	bool rule = report_is_rule(change, i);

	if (change->options->results->output->list) {
		if (!rule)
			add_change_json(change, i, code);
		return;
	}
	if (code != EXIT_DONE || !is_printed(change))
		return;
	if (rule)
		print_rule(change, i);
	else
		print_change(change, i);
}

static void add_failed(const struct options *options, const char *name, const char *bus, int code,
	const char *reason, const char *text)
{
	struct json_object *object;

	if (!options->results->output->list)
		return;
	object = result_json(name, bus, NULL, NULL);
	add_text(object, "outcome", outcomes[code]);
	json_object_object_add(object, "reason", reason_json(reason, text));
	json_object_object_add(object, "holder", NULL);
	output_object(options->results->output, object);
}

void result_begin(struct results *results, struct output *output, struct options *options)
{
	output_begin(output, options);
	*results = (struct results){ .change = add_change, .failed = add_failed, .output = output };
	options->results = results;
}
