/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists a bus. A bounded child reads the attributes, one device in a step. If a device blocks it,
 * another child goes on behind that device.
 */
#include "list.h"

#include "child.h"
#include "message.h"
#include "kernel/class.h"
#include "kernel/device.h"
#include "kernel/driver.h"
#include "kernel/model.h"
#include "output.h"

#include <errno.h>

/* The longest time that one device may block the list. */
static unsigned int stall_ms(const struct options *options)
{
	return options->timeout_ms < 3000 ? options->timeout_ms / 3 : 1000;
}

const char *list_class(const char *word)
{
	const char *code = class_code(word);
	char words[512];

	if (code)
		return code;
	class_words(words, sizeof(words));
	message_error("device type must be one of:%s", words);
	return NULL;
}

struct listing {
	const struct options *options;
	const char *class;
	bool overrides_only;
	char dir[PATH_MAX]; /* of the devices of the bus */
	char **names;
	size_t n_names;
	size_t first; /* the device with which the child begins */
	struct output output;
	size_t n_found;
	bool tells_by; /* who wants the override */
	struct wanted_sources sources;
};

/* The child sends one for each device that has an override or can have one. */
struct record {
	size_t index;
	bool shown;
	struct device_state state;
	enum wanted_by by;
	/* A long list is sent without these if they are empty. */
	char rule[SYSFS_NAME_MAX];
	char model[SYSFS_NAME_MAX];
};

/* In the child. Another override than the wanted one is nobody's that is known. */
static void find_by(struct listing *l, const struct device *dev, struct record *record)
{
	const char *override = record->state.override;
	struct wanted wanted;

	if (wanted_read(dev, &l->sources, &wanted) < 0)
		return;
	if (!wanted.best && !driver_is(dev->bus, override, wanted.driver))
		return;
	record->by = wanted.by;
	memcpy(record->rule, wanted.rule, sizeof(record->rule));
}

/* In the child. Return: whether the device belongs to the list. */
static bool read_device(struct listing *l, struct model_database *models, struct record *record)
{
	struct device dev;

	device_listed(l->options->bus, ".", l->names[record->index], &dev);
	if (device_read_state(&dev, &record->state) < 0)
		return false;
	if (l->overrides_only && !record->state.override[0])
		return false;
	if (l->class[0]) {
		char class[7];

		device_class(&dev, class);
		record->shown = util_after_prefix(class, l->class);
	}
	if (l->tells_by && record->shown)
		find_by(l, &dev, record);
	/* libudev opens each part of a path: of the device's own there are fewer. */
	if (models && record->shown && sysfs_link_target(l->dir, dev.name, dev.path) == 0)
		model_of(models, dev.path, record->model, sizeof(record->model));
	return true;
}

static void read_devices(struct bounded *b, void *arg)
{
	struct listing *l = arg;
	CLEANUP(model_close) struct model_database *models = NULL;
	size_t size = offsetof(struct record, rule);

	/* Before anything that may block: the parent must know behind which device to go on. */
	bounded_step(b, l->first, 0, l->names[l->first]);
	if (options_have(l->options, OPTION_VERBOSE) || options_have(l->options, OPTION_JSON))
		models = model_open();
	if (models || l->tells_by)
		size = sizeof(struct record);
	/* Paths from the top would take several per cent of the time of a long list. */
	if (chdir(l->dir) < 0)
		return;
	for (size_t i = l->first; i < l->n_names; i++) {
		struct record record = { .index = i, .shown = true };

		bounded_step(b, i, 0, l->names[i]);
		if (read_device(l, models, &record))
			bounded_send(b, &record, size);
	}
}

/* @override, @record: NULL if it is not known. */
static void print_row(struct listing *l, const char *name, const char *driver, const char *override,
	const struct record *record)
{
	struct output_row row = { .values = {
					  [OUTPUT_NAME] = name,
					  [OUTPUT_BUS] = l->options->bus,
					  [OUTPUT_DRIVER] = driver,
					  [OUTPUT_OVERRIDE] = override,
					  [OUTPUT_KNOWN] = override ? "yes" : "",
				  } };

	if (record) {
		row.values[OUTPUT_MODEL] = record->model;
		row.values[OUTPUT_BY] = wanted_by_word(record->by);
		row.values[OUTPUT_RULE] = record->rule;
	}
	output_row(&l->output, &row);
}

static void on_record(const void *data, void *arg)
{
	const struct record *record = data;
	struct listing *l = arg;

	l->n_found++;
	if (record->shown)
		print_row(l, l->names[record->index], record->state.driver, record->state.override,
			record);
}

/* The override is not known; the driver is, as a link never blocks. */
static void skip(struct listing *l, const char *name)
{
	struct device_state state = { 0 };
	struct device dev;

	message_error(
		"%s: its override is not known yet: the kernel is at work on the device", name);
	l->n_found++;
	device_listed(l->options->bus, l->dir, name, &dev);
	device_driver(&dev, state.driver);
	if (!l->overrides_only && !l->class[0])
		print_row(l, name, state.driver, NULL, NULL);
}

static bool is_out_of_time(const struct listing *l)
{
	return util_now_ms() >= l->options->deadline_ms && l->first < l->n_names;
}

/* If a device blocks its reader, another child begins with the next device. */
static int run(struct listing *l)
{
	struct child child = {
		.work = read_devices,
		.record = on_record,
		.record_size = sizeof(struct record),
		.arg = l,
		.stall_ms = stall_ms(l->options),
		.reads = "the devices",
	};
	int code = EXIT_DONE;

	while (l->first < l->n_names) {
		int err = child_run(l->options, &child);

		if (err == 0)
			return code;
		if (err != -ETIMEDOUT)
			return child_report(l->options, &child, err);
		code = EXIT_UNFINISHED;
		skip(l, child.end.at.subject);
		l->first = child.end.at.item + 1;
		if (is_out_of_time(l)) {
			message_error("the devices from %s on were not read within %u s",
				l->names[l->first], l->options->timeout_ms / 1000);
			return code;
		}
	}
	return code;
}

static int read_names(struct listing *l)
{
	int err;

	bus_devices_dir(l->options->bus, l->dir);
	err = sysfs_list(l->dir, NULL, &l->names, &l->n_names);
	if (err == -ENOENT && bus_is_mounted())
		message_error("no such bus: %s", l->options->bus);
	else if (err < 0)
		message_error("%s: %s", l->dir, strerror(-err));
	return err;
}

static void choose_columns(struct listing *l)
{
	l->output.in_lines = OUTPUT_BIT(OUTPUT_NAME) | OUTPUT_BIT(OUTPUT_DRIVER);
	/* Every line of list-overrides is one of an overridden device. */
	if (!l->overrides_only)
		l->output.in_lines |= OUTPUT_BIT(OUTPUT_OVERRIDE);
	l->output.in_json = l->output.in_lines | OUTPUT_BIT(OUTPUT_BUS) |
			    OUTPUT_BIT(OUTPUT_OVERRIDE) | OUTPUT_BIT(OUTPUT_KNOWN) |
			    OUTPUT_BIT(OUTPUT_MODEL);
	if (options_have(l->options, OPTION_VERBOSE))
		l->output.in_lines |= OUTPUT_BIT(OUTPUT_MODEL);
	if (l->tells_by)
		l->output.in_json |= OUTPUT_BIT(OUTPUT_BY) | OUTPUT_BIT(OUTPUT_RULE);
}

int list_bus(const struct options *options, const char *class, bool overrides_only)
{
	struct listing l = { .options = options, .overrides_only = overrides_only };
	int code;

	l.tells_by = overrides_only && options_have(options, OPTION_JSON);
	l.class = list_class(class ? class : "all");
	if (!l.class)
		return EXIT_USAGE;
	if (read_names(&l) < 0)
		return EXIT_FAILED;
	output_begin(&l.output, options);
	choose_columns(&l);
	code = run(&l);
	util_strv_freep(&l.names);
	wanted_free(&l.sources);
	if (code == EXIT_DONE && l.n_found == 0 && !options_have(options, OPTION_JSON)) {
		message_error("No overridable devices found. Kernel too old?");
		code = EXIT_FAILED;
	}
	return output_end(&l.output, code);
}
