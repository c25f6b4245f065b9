/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks; changes nothing. */
#include "change/rule_plan.h"

#include "kernel/lookup.h"
#include "store/journal.h"

#include <errno.h>

struct plan {
	struct wanted_sources *before, *after;
	const struct use_caller *caller;
	bool force;
	rule_plan_fn fn;
	void *userdata;
};

static bool is_decided(const struct plan *p, const struct wanted *wanted)
{
	return wanted->by == WANTED_RULE && streq(wanted->rule, p->after->change->name);
}

/* Whether a rule has put the device where it is. */
static bool is_ruled(const struct device *dev, const struct device_state *state)
{
	struct journal entry;

	journal_read(dev, &entry);
	return entry.by == JOURNAL_RULE && streq(entry.override, state->override);
}

/*
 * Whether the driver of the device is to be taken away, or it is to get one. @wanted: after the
 * change
 * Return: 1, 0, or -errno
 */
static int is_moved(const struct device *dev, const struct wanted *wanted)
{
	struct device_state state;
	int err = device_read_state(dev, &state);

	if (err < 0)
		return err;
	if (!state.driver[0])
		return wanted->driver[0] || wanted->best;
	if (wanted->driver[0] || wanted->best)
		return !wanted_is_bound(wanted, dev, state.driver);
	return streq(state.driver, state.override) ? is_ruled(dev, &state) : 0;
}

static int plan_device(const struct plan *p, const struct device *dev, const struct wanted *wanted)
{
	CLEANUP(uses_free) struct uses uses = { 0 };
	struct rule_plan_device device = { .dev = dev, .uses = &uses };
	int moved = p->force ? 0 : is_moved(dev, wanted);

	if (moved < 0)
		return moved;
	if (moved)
		device.error = use_find(dev, p->caller, &uses);
	p->fn(&device, p->userdata);
	return 0;
}

/* The device has gone, or another one says what is wanted, or what is wrong with it. */
static bool is_answer(int err)
{
	switch (err) {
	case -ENODEV:
	case -ENOENT:
	case -ESTALE:
	case -EBADMSG:
	case -EAGAIN:
		return true;
	default:
		return err >= 0;
	}
}

static int look_at(const struct plan *p, const char *bus, const char *name)
{
	struct wanted before, after;
	struct device dev;
	int err;

	err = device_on_bus(bus, name, &dev);
	if (err < 0)
		return err == -ENODEV ? 0 : err;
	if (sysfs_absent(dev.path, "driver_override"))
		return 0;
	err = wanted_read(&dev, p->before, &before);
	if (!is_answer(err))
		return err;
	err = wanted_read(&dev, p->after, &after);
	if (!is_answer(err))
		return err;
	if (!is_decided(p, &before) && !is_decided(p, &after))
		return 0;
	err = plan_device(p, &dev, &after);
	return err == -ENODEV || err == -ENOENT ? 0 : err;
}

static int look_at_bus(const struct plan *p, const char *bus)
{
	CLEANUP_STRV char **names = NULL;
	char dir[PATH_MAX];
	int err;

	bus_devices_dir(bus, dir);
	err = sysfs_list(dir, NULL, &names, NULL);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	for (char **name = names; name && *name; name++) {
		err = look_at(p, bus, *name);
		if (err < 0)
			return err;
	}
	return 0;
}

static bool has_bus(const struct rules *rules, const char *bus)
{
	const char *other;
	size_t i = 0;

	while ((other = rules_next_bus(rules, &i)))
		if (streq(other, bus))
			return true;
	return false;
}

/* @but: without the buses of these rules; NULL for none */
static int look_at_buses(const struct plan *p, const struct rules *rules, const struct rules *but)
{
	const char *bus;
	size_t i = 0;

	while ((bus = rules_next_bus(rules, &i))) {
		int err = but && has_bus(but, bus) ? 0 : look_at_bus(p, bus);

		if (err < 0)
			return err;
	}
	return 0;
}

static int prepare(struct wanted_sources *sources)
{
	int err = wanted_prepare(sources);

	return err < 0 ? err : rules_check(&sources->rules);
}

int rule_plan(const struct rules_change *change, const struct use_caller *caller, bool force,
	rule_plan_fn fn, void *userdata)
{
	CLEANUP(wanted_free) struct wanted_sources before = { 0 }, after = { .change = change };
	const struct plan p = { .before = &before,
		.after = &after,
		.caller = caller,
		.force = force,
		.fn = fn,
		.userdata = userdata };
	int err = prepare(&before);

	if (err < 0)
		return err;
	err = prepare(&after);
	if (err < 0)
		return err;
	err = look_at_buses(&p, &after.rules, NULL);
	return err < 0 ? err : look_at_buses(&p, &before.rules, &after.rules);
}
