/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The children of the commands: their limits, what they print, and the words for one that did not
 * end well. */
#include "child.h"

#include "message.h"
#include "output.h"
#include "base/supervise.h"

#include <errno.h>

/* How much longer a child may take that has begun to save what it has done. */
#define GRACE_MS 2000
/* After this long in one step, a person at a terminal is told. */
#define WAITING_MS 2000

static void print(struct child *child, int fd, const char *data, size_t size)
{
	if (fd == STDERR_FILENO) {
		fwrite(data, 1, size, stderr);
		return;
	}
	if (!child->printed)
		output_element();
	child->printed = true;
	fwrite(data, 1, size, stdout);
}

static void on_output(int fd, const char *data, size_t size, void *userdata)
{
	struct child *child = userdata;
	struct child_text *text = &child->kept[fd == STDERR_FILENO];

	if (!child->keep) {
		print(child, fd, data, size);
		return;
	}
	if (text->size - text->n < size) {
		size_t larger = 2 * (text->n + size);
		char *grown = realloc(text->data, larger);

		if (!grown) {
			child->lost = true;
			return;
		}
		text->data = grown;
		text->size = larger;
	}
	memcpy(text->data + text->n, data, size);
	text->n += size;
}

static void prepare(const struct options *options, struct child *child)
{
	child->watch = (struct supervise_watch){
		.deadline_ms = options->deadline_ms,
		.stall_ms = child->stall_ms,
		.grace_ms = GRACE_MS,
		.merged = child->merged && options->terminal_out && options->terminal_err,
		.output = on_output,
		.begin = output_enter_child,
		.step = child->step,
		.waiting = child->waiting,
		.waiting_ms = WAITING_MS,
		.userdata = child,
	};
}

int child_start(const struct options *options, struct child *child)
{
	prepare(options, child);
	return supervise_start(child->work, child->arg, &child->watch, &child->started);
}

int child_wait(struct child *child, int64_t until_ms)
{
	int result = supervise_wait(child->started, until_ms, &child->end);

	return result >= 0 && child->lost ? -ENOMEM : result;
}

int child_run(const struct options *options, struct child *child)
{
	int err;

	prepare(options, child);
	err = supervise_start(child->work, child->arg, &child->watch, &child->started);
	return err < 0 ? err : child_wait(child, INT64_MAX);
}

void child_print(struct child *child)
{
	child->keep = false;
	/* At a terminal, what went wrong stands before a table. */
	for (int i = 1; i >= 0; i--) {
		if (child->kept[i].n > 0)
			print(child, i + 1, child->kept[i].data, child->kept[i].n);
		child->kept[i].n = 0;
	}
}

void child_free(struct child *child)
{
	supervise_close(&child->started);
	for (int i = 0; i < 2; i++) {
		free(child->kept[i].data);
		child->kept[i] = (struct child_text){ 0 };
	}
}

int child_report(const struct options *options, const struct child *child, int result,
	const char *device, const char *reads)
{
	const char *before = device ? ": " : "";

	device = device ? device : "";
	if (result >= 0)
		return result;
	if (result == -ETIMEDOUT) {
		char doing[2 * SYSFS_NAME_MAX];

		message_step(child->end.at.step, child->end.at.subject, doing, sizeof(doing));
		message_error("%s%s%s not finished after %u s", device, before, doing,
			options->timeout_ms / 1000);
		return EXIT_UNFINISHED;
	}
	message_error("%s%sthe process that reads %s failed: %s", device, before,
		*device ? "it" : reads, strerror(-result));
	return EXIT_FAILED;
}

int child_read(const struct options *options, supervise_fn fn, void *arg, const char *device,
	const char *reads)
{
	struct child child = { .work = fn, .arg = arg };
	int result = child_report(options, &child, child_run(options, &child), device, reads);

	child_free(&child);
	return result;
}
