/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A child with a deadline (base/supervise.h) as the commands use it: it prints its words, and its
 * exit status is the exit code.
 */
#pragma once

#include "base/supervise.h"
#include "cmd.h"

struct child {
	/* In the child, with @arg. */
	supervise_fn work;
	void *arg;
	/* As of struct supervise_watch, with this struct; each may be NULL. */
	void (*step)(const struct supervise_position *at, void *child);
	void (*waiting)(const struct supervise_position *at, void *child);
	unsigned int stall_ms; /* the longest time for one step; 0: only the deadline limits it */
	bool keep;             /* keep what it prints for child_print() */
	/* What it prints on standard error stays in its place between the lines of standard output,
	 * if a person reads both at a terminal. Not for JSON or paragraphs. */
	bool merged;
	struct supervise_end end; /* set when child_wait() returns -ETIMEDOUT */
	/* Private to child.c. */
	struct supervise_watch watch;
	struct supervise_child *started;
	struct child_text {
		char *data;
		size_t n, size;
	} kept[2];
	bool printed, lost; /* something; there was no memory to keep something */
};

/**
 * child_read - run @fn(@arg) in a child that only reads, and report how it ended
 * @device: for messages: the name of the one device that it reads, or NULL
 * @reads: and then what it reads: "the store"
 *
 * Return: the exit code: that of the child, EXIT_UNFINISHED or EXIT_FAILED.
 */
int child_read(const struct options *options, supervise_fn fn, void *arg, const char *device,
	const char *reads);

/**
 * child_start - start the child, and do not wait for it
 * @child: must stay where it is until child_free()
 *
 * Return: 0 or -errno, as supervise_start() does. Nothing is reported.
 */
int child_start(const struct options *options, struct child *child);

/**
 * child_wait - wait for a child that was started
 * @until_ms: see supervise_wait()
 *
 * Return: as supervise_wait(); -ENOMEM if not all could be kept. Nothing is reported.
 */
int child_wait(struct child *child, int64_t until_ms);

/** child_run - child_start() and child_wait() */
int child_run(const struct options *options, struct child *child);

/** child_print - print what was kept, and from now on what the child prints */
void child_print(struct child *child);

/** child_free - forget what was kept, and leave the child alone if it has not ended */
void child_free(struct child *child);

/**
 * child_report - report how a child ended that only reads, unless it has an exit status
 * @result: of child_run()
 *
 * Return: as child_read().
 */
int child_report(const struct options *options, const struct child *child, int result,
	const char *device, const char *reads);
