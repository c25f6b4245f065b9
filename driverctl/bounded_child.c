/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bounded children of the commands. Owns their limits and the words for a child that did not
 * end well; knows nothing of what a child does.
 */
#include "bounded_child.h"

#include "message.h"

#include <errno.h>

/* Records arrive at any address of a buffer: copy each one to an address that suits its type. */
static void on_record(const void *data, size_t size, void *userdata)
{
	_Alignas(max_align_t) char record[BOUNDED_RECORD_MAX];
	const struct old_child *child = userdata;

	if (size > child->record_size)
		return;
	memcpy(record, data, size);
	memset(record + size, 0, child->record_size - size);
	child->record(record, child->arg);
}

static void on_step(const struct bounded_position *at, void *userdata)
{
	const struct old_child *child = userdata;

	child->step(at, child->arg);
}

static void on_waiting(const struct bounded_position *at, void *userdata)
{
	const struct old_child *child = userdata;

	child->waiting(at, child->arg);
}

int old_child_start(const struct options *options, struct old_child *child)
{
	child->limits = (struct bounded_limits){
		.deadline_ms = options->deadline_ms,
		.stall_ms = child->stall_ms,
	};
	child->watch = (struct bounded_watch){
		.record = on_record,
		.userdata = child,
		.trace = child->step,
	};
	if (child->step)
		child->watch.step = on_step;
	if (child->waiting)
		child->watch.waiting = on_waiting;
	return bounded_start(
		child->work, child->arg, &child->limits, &child->watch, &child->started);
}

int old_child_wait(struct old_child *child, int64_t until_ms)
{
	int err = bounded_wait(child->started, until_ms, &child->end);

	if (err != -EAGAIN)
		bounded_close(&child->started);
	return err;
}

int old_child_run(const struct options *options, struct old_child *child)
{
	int err = old_child_start(options, child);

	return err < 0 ? err : old_child_wait(child, INT64_MAX);
}

static void report_timeout(const struct options *options, const struct old_child *child)
{
	const struct bounded_position *at = &child->end.at;
	char doing[2 * SYSFS_NAME_MAX];

	message_step(at->step, at->subject, doing, sizeof(doing));
	if (child->device)
		message_error("%s: %s not finished after %u s", child->device, doing,
			options->timeout_ms / 1000);
	else
		message_error("%s: not finished after %u s", doing, options->timeout_ms / 1000);
}

static void report_failure(const struct old_child *child, int err)
{
	if (child->device)
		message_error(
			"%s: the process that reads it failed: %s", child->device, strerror(-err));
	else
		message_error("the process that reads %s failed: %s", child->reads, strerror(-err));
}

int old_child_report(const struct options *options, const struct old_child *child, int err)
{
	if (err == 0)
		return EXIT_DONE;
	if (err == -ETIMEDOUT) {
		report_timeout(options, child);
		return EXIT_UNFINISHED;
	}
	report_failure(child, err);
	return EXIT_FAILED;
}
