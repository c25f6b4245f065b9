/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A child looks which devices the change concerns, and who uses them; then they are changed
 * together with the rule, all or none. If a device comes into use in between, the change is put
 * back.
 */
#include "rule_apply.h"

#include "apply.h"
#include "change/rule_plan.h"
#include "child.h"
#include "kernel/lookup.h"
#include "message.h"
#include "options.h"
#include "report.h"
#include "store/rules.h"

#include <errno.h>

/* The longest name of a file, without what its temporary name has in addition. */
#define NAME_LENGTH_MAX 240

struct plan {
	const struct rules_change *change;
	const struct override_request *request;
	const struct options *options;
	char **keys; /* of the devices */
	size_t n;
	int error; /* -errno */
	int code;  /* of the first device that may not be moved */
};

int rule_apply_name(const char *arg, char **ret_name)
{
	size_t length = strlen(arg), suffix = strlen(RULES_SUFFIX);
	char quoted[80];

	if (length > suffix && streq(arg + length - suffix, RULES_SUFFIX))
		length -= suffix;
	*ret_name = strndup(arg, length);
	if (*ret_name && util_name_valid(*ret_name) && length <= NAME_LENGTH_MAX &&
		**ret_name != '.' && !strchr(*ret_name, ' '))
		return EXIT_DONE;
	message_error("invalid name of a rule '%s'" SEE_HELP, message_quote(arg, quoted));
	return EXIT_USAGE;
}

/* As if the change had been begun for this device alone. */
static void refuse(struct plan *p, const struct rule_plan_device *device)
{
	const struct uses *uses = device->uses;
	struct override_end end = { .outcome = OVERRIDE_UNTOUCHED };
	struct change change = { .options = p->options,
		.request = p->request,
		.devices = device->dev,
		.n = 1,
		.ends = &end,
		.failure = { .cause = OVERRIDE_IN_USE,
			.step = OVERRIDE_CHECK,
			.error = device->error,
			.unseen = uses->unseen } };
	int code;

	if (uses->n > 0) {
		change.failure.use = uses->items[0];
		change.failure.n_more_uses = uses->n - 1;
	} else if (device->error < 0) {
		change.failure.cause = OVERRIDE_STEP_FAILED;
	}
	util_format(change.failure.rule, sizeof(change.failure.rule), "%s", p->change->name);
	device_driver(device->dev, end.state.driver);
	memcpy(end.before.driver, end.state.driver, sizeof(end.before.driver));
	code = report_end(&change);
	p->code = p->code ? p->code : code;
}

static void on_device(const struct rule_plan_device *device, void *userdata)
{
	struct plan *p = userdata;
	char key[DEVICE_KEY_MAX];

	if (device->error < 0 || device->uses->n > 0 || device->uses->unseen > 0) {
		refuse(p, device);
		return;
	}
	device_key(device->dev, key);
	if (util_strv_add(&p->keys, &p->n, key) < 0)
		p->error = -ENOMEM;
}

/* In the child: prints the keys of the devices, if each may be moved. */
static int look(struct supervise *s, void *arg)
{
	struct plan *p = arg;
	const struct override_request *request = p->request;
	bool force = request->force || request->save_only;
	int err;

	supervise_step(s, 0, OVERRIDE_READ_STORE, "");
	err = rule_plan(p->change, &request->caller, force, on_device, p);
	if (err == 0)
		err = p->error;
	if (err < 0) {
		message_error(
			"rule %s: cannot find its devices: %s", p->change->name, strerror(-err));
		return EXIT_FAILED;
	}
	for (size_t i = 0; p->code == EXIT_DONE && i < p->n; i++)
		puts(p->keys[i]);
	return p->code;
}

/* @ret_devices: owned by the caller; the first one stands for the rule. */
static int find_devices(
	const struct options *options, struct plan *p, struct device **ret_devices, size_t *ret_n)
{
	struct device rule = override_rule_device(p->change->name);
	struct child child = { .work = look, .arg = p, .keep = true };
	int code = child_report(options, &child, child_run(options, &child), rule.name, NULL);
	CLEANUP_STRV char **keys = NULL;
	size_t n = 0;

	if (code == EXIT_DONE && child_lines(&child, &keys) < 0)
		code = EXIT_FAILED;
	child_print(&child);
	child_free(&child);
	while (keys && keys[n])
		n++;
	*ret_devices = calloc(n + 1, sizeof(**ret_devices));
	if (code != EXIT_DONE || !*ret_devices)
		return code ? code : EXIT_FAILED;
	(*ret_devices)[0] = rule;
	*ret_n = 1;
	/* One that has gone in the meantime is not changed. */
	for (size_t i = 0; i < n; i++)
		if (device_open(keys[i], DEVICE_KEY, NULL, NULL, &(*ret_devices)[*ret_n]) == 0)
			++*ret_n;
	return EXIT_DONE;
}

int rule_apply(const struct options *options, const struct rules_change *change)
{
	CLEANUP(wanted_free) struct wanted_sources sources = { .change = change };
	struct override_request request = apply_request(options, OVERRIDE_SET_RULE);
	struct plan plan = { .change = change, .request = &request, .options = options };
	CLEANUP_FREE struct device *devices = NULL;
	size_t n;
	int code;

	request.sources = &sources;
	code = find_devices(options, &plan, &devices, &n);
	return code == EXIT_DONE ? apply_together(options, devices, n, &request) : code;
}
