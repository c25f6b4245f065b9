/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Carries out a request in a child with a deadline, which reports what becomes of each device. If
 * the child is killed or the time is up, the parent reports in its stead.
 */
#include "apply.h"

#include "change/change.h"
#include "child.h"
#include "kernel/iommu.h"
#include "message.h"
#include "report.h"
#include "result.h"
#include "session.h"
#include "base/supervise.h"

#include <errno.h>
#include <stdarg.h>

/* One device that does not answer must not keep the others from being set early. */
#define EARLY_STALL_MS 1000

/* --- in the child --- */

static int work(struct supervise *s, void *arg)
{
	struct change *c = arg;
	int code = EXIT_UNFINISHED;

	change_run(c->request, c->devices, c->n, s, &c->failure, c->ends);
	if (supervise_report(s))
		code = report_end(c);
	if (supervise_expired(s))
		report_late(c);
	return code;
}

/* "0000:01:00.0: unbinding 'nvme'" */
static void tell_step(
	const struct change *c, const char *still, const struct supervise_position *at)
{
	char doing[2 * SYSFS_NAME_MAX];

	message_error("%s: %s%s", c->devices[at->item].name, still,
		message_step(at->step, at->subject, doing, sizeof(doing)));
}

static void on_step(const struct supervise_position *at, void *child)
{
	tell_step(((const struct child *)child)->arg, "", at);
}

/* --- in the parent --- */

static void on_waiting(const struct supervise_position *at, void *child)
{
	tell_step(((const struct child *)child)->arg, "still ", at);
}

void apply_watch(const struct options *options, struct child *child)
{
	if (options_have(options, OPTION_VERBOSE))
		child->step = on_step;
	if (message_tells(options))
		child->waiting = on_waiting;
}

/* Nothing has been begun. Return: @code */
static PRINTF_LIKE(5, 6) int fail(const struct options *options, const struct device *dev, int code,
	const char *reason, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return report_not_begun(options, dev->name, dev->bus, code, reason, text);
}

/* One call of change_run(). It must stay where it is until it has ended. */
struct call {
	struct change change;
	struct child child;
};

/* @devices: one, or the members of a group, by name */
static void prepare(struct call *call, const struct options *options, const struct device *devices,
	size_t n, const struct override_request *request, struct override_end *ends)
{
	*call = (struct call){
		.change = { .options = options,
			.request = request,
			.devices = devices,
			.n = n,
			.ends = ends },
		.child = { .work = work,
			.arg = &call->change,
			.merged = !options_have(options, OPTION_JSON) },
	};
	apply_watch(options, &call->child);
	if (options_have(options, OPTION_EARLY))
		call->child.stall_ms = EARLY_STALL_MS;
}

/* @result: of child_run() or child_wait(). Return: 0 or the exit code. */
static int finish(struct call *call, int result)
{
	child_print(&call->child);
	if (result == -ETIMEDOUT)
		result = report_expired(&call->change, &call->child.end);
	else if (result < 0)
		result = report_lost(&call->change, result);
	child_free(&call->child);
	return result;
}

static int fail_late(const struct options *options, const struct device *dev)
{
	return fail(options, dev, EXIT_UNFINISHED, "expired",
		"not begun within %u s; nothing changed", options->timeout_ms / 1000);
}

static int fail_memory(const struct options *options, const struct device *dev)
{
	return fail(options, dev, EXIT_FAILED, "no-memory", "%s", strerror(ENOMEM));
}

/* The members of the group but its bridges, which stay on their driver; the group is viable all the
 * same. Return: 0 or the exit code. */
static int find_group(const struct options *options, const struct device *dev,
	struct iommu_group *group, struct device **ret_devices, size_t *ret_n)
{
	int err = iommu_read(dev, group);

	if (err < 0)
		return fail(options, dev, EXIT_FAILED, "no-group",
			"cannot read its IOMMU group: %s", strerror(-err));
	if (!group->name[0])
		return fail(options, dev, EXIT_FAILED, "no-group", "it is in no IOMMU group%s",
			iommu_is_enabled() ? "" : ": " MESSAGE_NO_IOMMU);
	*ret_devices = calloc(group->n_members + 1, sizeof(**ret_devices));
	*ret_n = 0;
	for (size_t i = 0; *ret_devices && i < group->n_members; i++)
		if (!group->members[i].bridge)
			(*ret_devices)[(*ret_n)++] = group->members[i].dev;
	if (*ret_n == 0)
		return fail(options, dev, EXIT_FAILED, "no-group",
			"IOMMU group %s has no device to give away", group->name);
	return EXIT_DONE;
}

int apply_device(const struct options *options, const struct device *dev, void *arg)
{
	CLEANUP(iommu_free) struct iommu_group group = { 0 };
	CLEANUP_FREE struct device *members = NULL;
	CLEANUP_FREE struct override_end *ends = NULL;
	bool grouped = options_have(options, OPTION_IOMMU_GROUP);
	struct call call;
	size_t n = 1;
	int code = grouped ? find_group(options, dev, &group, &members, &n) : EXIT_DONE;

	if (code != EXIT_DONE)
		return code;
	if (util_now_ms() >= options->deadline_ms)
		return fail_late(options, dev);
	ends = calloc(n, sizeof(*ends));
	if (!ends)
		return fail_memory(options, dev);
	prepare(&call, options, grouped ? members : dev, n, arg, ends);
	call.change.group = grouped ? group.name : NULL;
	return finish(&call, child_run(options, &call.child));
}

/* --- beside each other --- */

/* How long the next device waits for one that is not done yet. */
#define PATIENCE_MS 200

struct load {
	struct device dev;
	struct override_end end;
	struct call call;
	int result; /* of child_wait(); -EAGAIN: it has not ended */
	struct load *next;
};

/* Those that are not reported, in the order of the devices. */
struct loads {
	const struct override_request *request;
	struct load *first, **end;
	int code; /* of those that are */
};

/* What the first one says that is not done is printed at once. */
static void report_loads(struct loads *loads)
{
	struct load *load;

	while ((load = loads->first) && load->result != -EAGAIN) {
		each_add(&loads->code, finish(&load->call, load->result));
		loads->first = load->next;
		if (!loads->first)
			loads->end = &loads->first;
		free(load);
	}
	if (load)
		child_print(&load->call.child);
}

static int begin_load(const struct options *options, const struct device *dev, void *arg)
{
	struct loads *loads = arg;
	struct load *load;

	if (util_now_ms() >= options->deadline_ms)
		return fail_late(options, dev);
	load = calloc(1, sizeof(*load));
	if (!load)
		return fail_memory(options, dev);
	*loads->end = load;
	loads->end = &load->next;
	load->dev = *dev;
	prepare(&load->call, options, &load->dev, 1, loads->request, &load->end);
	load->call.child.keep = true;
	load->result = child_start(options, &load->call.child);
	if (load->result == 0)
		load->result = child_wait(&load->call.child, util_now_ms() + PATIENCE_MS);
	report_loads(loads);
	return EXIT_DONE;
}

static int end_loads(struct loads *loads, int code)
{
	struct load *load;

	while ((load = loads->first)) {
		load->result = child_wait(&load->call.child, INT64_MAX);
		report_loads(loads);
	}
	return loads->code ? loads->code : code;
}

int apply_each(const struct options *options, const struct device *devices, size_t n,
	const struct override_request *request)
{
	struct loads loads = { .request = request, .end = &loads.first };
	int code = EXIT_DONE;

	for (size_t i = 0; i < n; i++)
		each_add(&code, begin_load(options, &devices[i], &loads));
	return end_loads(&loads, code);
}

int apply_keys(const struct options *options, char **keys, const struct override_request *request)
{
	struct loads loads = { .request = request, .end = &loads.first };

	return end_loads(&loads, each_key(options, keys, EACH_PRESENT, begin_load, &loads));
}

/* --- requests --- */

struct override_request apply_request(const struct options *options, enum override_verb verb)
{
	struct override_request request = { .verb = verb,
		.probe = !options_have(options, OPTION_NOPROBE),
		.save = !options_have(options, OPTION_NOSAVE),
		.force = options_have(options, OPTION_FORCE),
		.dry_run = options_have(options, OPTION_DRY_RUN),
		.save_only = options_have(options, OPTION_SAVE_ONLY),
		.config = &options->config,
		.deadline_ms = options->deadline_ms };

	if (override_by_hand(verb) || verb == OVERRIDE_LOAD)
		session_find(options->ssh_connection, &request.caller);
	return request;
}
