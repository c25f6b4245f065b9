/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * list-rules: lists the rules that count, with -v what they match, with --json also the devices
 * that each decides. Rules that are excluded are errors.
 */
#include "child.h"
#include "message.h"
#include "object.h"
#include "output.h"
#include "rows.h"
#include "store/policy.h"
#include "store/target.h"
#include "base/supervise.h"

#include <errno.h>

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

static struct json_object *rule_json(const struct rule *rule, struct json_object *devices)
{
	struct json_object *object = json_object_new_object(), *match = json_object_new_object();

	object_add_text(match, "bus", rule->bus);
	for (enum rule_key key = 0; key < RULE_KEYS; key++) {
		struct json_object *array = json_object_new_array();

		for (size_t i = 0; i < rule->match[key].n; i++)
			json_object_array_add(array, object_text(rule->match[key].list[i].written));
		json_object_object_add(match, rule_key_name(key), array);
	}
	object_add_text(object, "name", rule->name);
	object_add_text(object, "file", rule->file);
	json_object_object_add(object, "match", match);
	object_add_text(object, "driver", rule->driver);
	object_add_text(object, "choose", rule->best ? POLICY_BEST_VFIO : POLICY_FIXED);
	json_object_object_add(object, "devices", devices);
	return object;
}

static bool is_listed(const struct options *options, const struct rule *rule)
{
	if (rule->masked || rule->error)
		return false;
	return !options_have(options, OPTION_BUS) || streq(rule->bus, options->bus);
}

/* The devices of each rule, in arrays; NULL for a rule that is not listed. */
struct decided {
	const struct rules *rules;
	struct json_object **devices;
};

static int add_device(const struct device *dev, const struct target *wanted, void *userdata)
{
	const struct decided *decided = userdata;
	struct json_object *device;
	size_t i = 0;

	while (i < decided->rules->n && !streq(decided->rules->list[i].name, wanted->rule))
		i++;
	if (i == decided->rules->n || !decided->devices[i])
		return 0;
	device = json_object_new_object();
	object_add_text(device, "name", dev->name);
	object_add_text(device, "bus", dev->bus);
	json_object_array_add(decided->devices[i], device);
	return 0;
}

static void print_line(struct rows *rows, const struct rule *rule)
{
	CLEANUP_FREE char *match = NULL;
	size_t size;
	FILE *f = open_memstream(&match, &size);
	struct row row = { 0 };

	if (!f)
		return;
	write_match(f, rule);
	fclose(f);
	row.values[COLUMN_LISTED_RULE] = rule->name;
	row.values[COLUMN_DRIVER] = rule->best ? POLICY_BEST_VFIO : rule->driver;
	row.values[COLUMN_MATCH] = match;
	rows_add(rows, &row);
}

/* @devices: NULL for lines. Return: the exit code. */
static int print_rules(
	const struct options *options, const struct rules *rules, struct json_object **devices)
{
	unsigned int in_lines = COLUMN_BIT(COLUMN_LISTED_RULE) | COLUMN_BIT(COLUMN_DRIVER);
	struct rows rows;
	int code = EXIT_DONE;

	if (options_have(options, OPTION_VERBOSE))
		in_lines |= COLUMN_BIT(COLUMN_MATCH);
	rows = rows_of(options, in_lines, 0);
	for (size_t i = 0; i < rules->n; i++) {
		const struct rule *rule = &rules->list[i];

		if (rule->error) {
			char text[PATH_MAX + 256];

			message_error("%s", message_rule(rule, text, sizeof(text)));
			code = EXIT_FAILED;
		} else if (devices && devices[i]) {
			object_print(rule_json(rule, devices[i]));
		} else if (is_listed(options, rule)) {
			print_line(&rows, rule);
		}
	}
	rows_end(&rows);
	return code;
}

struct listing {
	const struct options *options;
	struct target_sources *sources;
};

static int print_with_devices(struct supervise *s, void *arg)
{
	const struct listing *l = arg;
	const struct rules *rules = &l->sources->rules;
	struct decided decided = { rules, calloc(rules->n + 1, sizeof(struct json_object *)) };
	int code;

	if (!decided.devices) {
		message_error("cannot read the rules: %s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	for (size_t i = 0; i < rules->n; i++)
		if (is_listed(l->options, &rules->list[i]))
			decided.devices[i] = json_object_new_array();
	supervise_step(s, 0, OVERRIDE_READ_STORE, "");
	target_each_ruled(l->sources, add_device, &decided);
	code = print_rules(l->options, rules, decided.devices);
	free(decided.devices);
	return code;
}

int cmd_list_rules(const struct options *options, char **args, int n_args)
{
	CLEANUP(target_free) struct target_sources sources = { 0 };
	struct listing l = { options, &sources };
	int err = target_prepare(&sources), code = EXIT_FAILED;

	(void)args;
	(void)n_args;
	output_begin(options);
	if (err < 0)
		message_error("cannot read the rules: %s", strerror(-err));
	else if (options_have(options, OPTION_JSON))
		code = child_read(options, print_with_devices, &l, NULL, "the devices");
	else
		code = print_rules(options, &sources.rules, NULL);
	return output_end(code);
}
