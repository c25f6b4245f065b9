/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * list-rules: lists the rules that count, with -v what they match, with --json also the devices
 * that each decides. A bounded child reads the devices. Rules that are excluded are errors.
 */
#include "child.h"
#include "message.h"
#include "output.h"
#include "store/policy.h"

#include <errno.h>

struct listing {
	const struct options *options;
	struct wanted_sources sources;
	struct json_object **devices; /* for each rule, an array; NULL if the rule is not listed */
	struct output output;
	int code;
};

struct record {
	size_t rule; /* its index */
	char bus[BUS_NAME_MAX];
	char name[SYSFS_NAME_MAX];
};

/* --- the devices, in the child --- */

struct reading {
	struct bounded *b;
	const struct rules *rules;
};

static int send_device(const struct device *dev, const struct wanted *wanted, void *userdata)
{
	struct reading *r = userdata;
	struct record record = { 0 };

	while (record.rule < r->rules->n && !streq(r->rules->list[record.rule].name, wanted->rule))
		record.rule++;
	util_format(record.bus, sizeof(record.bus), "%s", dev->bus);
	util_format(record.name, sizeof(record.name), "%s", dev->name);
	bounded_send(r->b, &record, sizeof(record));
	return 0;
}

static void read_devices(struct bounded *b, void *arg)
{
	struct listing *l = arg;
	struct reading reading = { b, &l->sources.rules };

	bounded_step(b, 0, OVERRIDE_READ_STORE, "");
	wanted_each_ruled(&l->sources, send_device, &reading);
}

/* --- the devices, in the parent --- */

static void on_record(const void *data, void *arg)
{
	const struct record *record = data;
	struct listing *l = arg;
	struct json_object *device;

	if (record->rule >= l->sources.rules.n || !l->devices[record->rule])
		return;
	device = json_object_new_object();
	json_object_object_add(device, "name", output_text(record->name));
	json_object_object_add(device, "bus", output_text(record->bus));
	json_object_array_add(l->devices[record->rule], device);
}

static int find_devices(struct listing *l)
{
	struct child child = {
		.work = read_devices,
		.record = on_record,
		.record_size = sizeof(struct record),
		.arg = l,
		.reads = "the devices",
	};

	return child_report(l->options, &child, child_run(l->options, &child));
}

/* --- the rules --- */

static bool is_listed(const struct listing *l, const struct rule *rule)
{
	if (rule->masked || rule->error)
		return false;
	return !options_have(l->options, OPTION_BUS) || streq(rule->bus, l->options->bus);
}

static const char *driver_of(const struct rule *rule)
{
	return rule->best ? POLICY_BEST_VFIO : rule->driver;
}

/* "id=15b3:101e,8086:154c vf=0-3" */
static void write_match(FILE *f, const struct rule *rule)
{
	const char *before = "";

	if (!streq(rule->bus, "pci")) {
		fprintf(f, "bus=%s", rule->bus);
		before = " ";
	}
	for (enum rule_key key = 0; key < RULE_KEYS; key++) {
		const struct rule_values *values = &rule->match[key];

		for (size_t i = 0; i < values->n; i++) {
			if (i == 0)
				fprintf(f, "%s%s=", before, rule_key_name(key));
			fprintf(f, "%s%s", i ? "," : "", values->list[i].written);
			before = " ";
		}
	}
}

static void print_line(struct listing *l, const struct rule *rule)
{
	CLEANUP_FREE char *match = NULL;
	struct output_row row = { .values = {
					  [OUTPUT_LISTED_RULE] = rule->name,
					  [OUTPUT_DRIVER] = driver_of(rule),
				  } };
	size_t size;
	FILE *f = open_memstream(&match, &size);

	if (!f)
		return;
	write_match(f, rule);
	fclose(f);
	row.values[OUTPUT_MATCH] = match;
	output_row(&l->output, &row);
}

static struct json_object *match_json(const struct rule *rule)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "bus", output_text(rule->bus));
	for (enum rule_key key = 0; key < RULE_KEYS; key++) {
		struct json_object *array = json_object_new_array();

		for (size_t i = 0; i < rule->match[key].n; i++)
			json_object_array_add(array, output_text(rule->match[key].list[i].written));
		json_object_object_add(object, rule_key_name(key), array);
	}
	return object;
}

static struct json_object *rule_json(const struct rule *rule, struct json_object *devices)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "name", output_text(rule->name));
	json_object_object_add(object, "file", output_text(rule->file));
	json_object_object_add(object, "match", match_json(rule));
	json_object_object_add(object, "driver", output_text(rule->driver));
	json_object_object_add(
		object, "choose", output_text(rule->best ? POLICY_BEST_VFIO : POLICY_FIXED));
	json_object_object_add(object, "devices", devices);
	return object;
}

static void report_excluded(const struct rule *rule)
{
	char text[PATH_MAX + 256];

	message_error("%s", message_rule(rule, text, sizeof(text)));
}

static void print_rules(struct listing *l)
{
	for (size_t i = 0; i < l->sources.rules.n; i++) {
		const struct rule *rule = &l->sources.rules.list[i];

		if (rule->error) {
			report_excluded(rule);
			l->code = EXIT_FAILED;
		} else if (l->devices && l->devices[i]) {
			output_object(&l->output, rule_json(rule, l->devices[i]));
		} else if (is_listed(l, rule)) {
			print_line(l, rule);
		}
	}
}

/* Return: 0 or -ENOMEM. */
static int make_arrays(struct listing *l)
{
	const struct rules *rules = &l->sources.rules;

	l->devices = calloc(rules->n + 1, sizeof(struct json_object *));
	if (!l->devices)
		return -ENOMEM;
	for (size_t i = 0; i < rules->n; i++)
		if (is_listed(l, &rules->list[i]))
			l->devices[i] = json_object_new_array();
	return 0;
}

static int list(struct listing *l)
{
	int err = wanted_prepare(&l->sources), code = EXIT_DONE;

	if (err >= 0 && options_have(l->options, OPTION_JSON))
		err = make_arrays(l);
	if (err < 0) {
		message_error("cannot read the rules: %s", strerror(-err));
		return EXIT_FAILED;
	}
	if (l->devices)
		code = find_devices(l);
	print_rules(l);
	return code ? code : l->code;
}

int cmd_list_rules(const struct options *options, char **args, int n_args)
{
	struct listing l = { .options = options };
	int code;

	(void)args;
	(void)n_args;
	output_begin(&l.output, options);
	l.output.in_lines = OUTPUT_BIT(OUTPUT_LISTED_RULE) | OUTPUT_BIT(OUTPUT_DRIVER);
	if (options_have(options, OPTION_VERBOSE))
		l.output.in_lines |= OUTPUT_BIT(OUTPUT_MATCH);
	code = list(&l);
	code = output_end(&l.output, code);
	free(l.devices);
	wanted_free(&l.sources);
	return code;
}
