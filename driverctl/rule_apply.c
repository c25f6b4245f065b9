/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A bounded child looks which devices the change concerns, and who uses them; then they are changed
 * together with the rule, all or none. If a device comes into use in between, the change is put
 * back.
 */
#include "rule_apply.h"

#include "apply.h"
#include "change/rule_plan.h"
#include "bounded_child.h"
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
	/* The first one stands for the rule; the capacity is a power of two. */
	struct device *devices;
	size_t n;
	const struct options *options;
	int error; /* -errno */
	int code;  /* of the first device that may not be moved */
};

struct record {
	int error; /* -errno; of the device, unless its name is "" */
	struct device dev;
	struct use use; /* USE_NONE: not in use */
	size_t n_more_uses, unseen;
};

_Static_assert(sizeof(struct record) <= BOUNDED_RECORD_MAX, "a device is one record");

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

/* --- in the child --- */

static void send_device(const struct rule_plan_device *device, void *userdata)
{
	struct record record = {
		.error = device->error, .dev = *device->dev, .unseen = device->uses->unseen
	};

	if (device->uses->n > 0) {
		record.use = device->uses->items[0];
		record.n_more_uses = device->uses->n - 1;
	}
	bounded_send(userdata, &record, sizeof(record));
}

static void look(struct bounded *b, void *arg)
{
	const struct plan *p = arg;
	const struct override_request *request = p->request;
	bool force = request->force || request->save_only;
	struct record record = { 0 };

	bounded_step(b, 0, OVERRIDE_READ_STORE, "");
	record.error = rule_plan(p->change, &request->caller, force, send_device, b);
	if (record.error < 0)
		bounded_send(b, &record, sizeof(record));
}

/* --- in the parent --- */

static bool is_full(size_t n)
{
	return (n & (n - 1)) == 0;
}

static int add_device(struct plan *p, const struct device *dev)
{
	struct device *grown = p->devices;

	if (is_full(p->n))
		grown = reallocarray(grown, p->n ? p->n * 2 : 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	p->devices = grown;
	grown[p->n++] = *dev;
	return 0;
}

static void note_code(struct plan *p, int code)
{
	if (!p->code)
		p->code = code;
}

/* As if the change had been begun for this device alone. */
static void refuse(struct plan *p, const struct record *record)
{
	struct override_end end = { .outcome = OVERRIDE_UNTOUCHED };
	struct change change = { .options = p->options,
		.request = p->request,
		.devices = &record->dev,
		.n = 1,
		.ends = &end,
		.failure = { .cause = OVERRIDE_IN_USE,
			.step = OVERRIDE_CHECK,
			.error = record->error,
			.use = record->use,
			.n_more_uses = record->n_more_uses,
			.unseen = record->unseen } };

	util_format(change.failure.rule, sizeof(change.failure.rule), "%s", p->change->name);
	if (record->use.kind == USE_NONE && record->error < 0)
		change.failure.cause = OVERRIDE_STEP_FAILED;
	device_driver(&record->dev, end.state.driver);
	memcpy(end.before.driver, end.state.driver, sizeof(end.before.driver));
	note_code(p, report_end(&change));
}

static void on_record(const void *data, void *arg)
{
	const struct record *record = data;
	struct plan *p = arg;

	if (!record->dev.name[0])
		p->error = record->error;
	else if (record->error < 0 || record->use.kind != USE_NONE || record->unseen > 0)
		refuse(p, record);
	else if (add_device(p, &record->dev) < 0)
		p->error = -ENOMEM;
}

static int make_plan(struct plan *p)
{
	struct device rule = override_rule_device(p->change->name);
	struct old_child child = {
		.work = look,
		.record = on_record,
		.record_size = sizeof(struct record),
		.arg = p,
		.device = rule.name,
	};
	int code = EXIT_DONE;

	if (add_device(p, &rule) < 0)
		p->error = -ENOMEM;
	else
		code = old_child_report(p->options, &child, old_child_run(p->options, &child));
	if (code != EXIT_DONE)
		return code;
	if (p->error < 0) {
		message_error("%s: cannot find its devices: %s", rule.name, strerror(-p->error));
		return EXIT_FAILED;
	}
	return p->code;
}

int rule_apply(const struct options *options, const struct rules_change *change)
{
	CLEANUP(wanted_free) struct wanted_sources sources = { .change = change };
	struct override_request request = apply_request(options, OVERRIDE_SET_RULE);
	struct plan plan = { .change = change, .request = &request, .options = options };
	int code;

	request.sources = &sources;
	code = make_plan(&plan);
	if (code == EXIT_DONE)
		code = apply_together(options, plan.devices, plan.n, &request);
	free(plan.devices);
	return code;
}
