/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A bounded child (base/bounded.h) as the commands use it: it works, and sends records of one size.
 */
#pragma once

#include "cmd.h"

struct old_child {
	/* In the child. */
	bounded_fn work;
	/* In the parent: a record of @record_size bytes, aligned. One that was sent with fewer ends
	 * with zeros, and a larger one is ignored. */
	void (*record)(const void *record, void *arg);
	size_t record_size;
	/* In the parent, as of struct bounded_watch; each may be NULL. */
	void (*step)(const struct bounded_position *at, void *arg);
	void (*waiting)(const struct bounded_position *at, void *arg);
	/* Passed to each of the functions. */
	void *arg;
	/* The longest time that one step may take; 0: only the deadline of the call limits it. */
	unsigned int stall_ms;
	/* For messages: the name of the one device that the child reads, or NULL, */
	const char *device;
	/* and then what it reads: "the store". */
	const char *reads;
	/* Filled when old_child_run() or old_child_wait() returns -ETIMEDOUT. */
	struct bounded_end end;
	/* Private to child.c. */
	struct bounded_limits limits;
	struct bounded_watch watch;
	struct bounded_child *started;
};

/**
 * old_child_run - run the child until it ends, or until a limit passes
 *
 * Return: 0 or -errno, as bounded_run() does. Nothing is reported.
 */
int old_child_run(const struct options *options, struct old_child *child);

/**
 * old_child_start - start the child, and do not wait for it
 * @child: must stay where it is until old_child_wait() has returned its end
 *
 * Return: 0 or -errno, as bounded_start() does. Nothing is reported.
 */
int old_child_start(const struct options *options, struct old_child *child);

/**
 * old_child_wait - wait for a child that was started
 * @until_ms: see bounded_wait()
 *
 * Return: -EAGAIN if it has not ended; otherwise as old_child_run().
 */
int old_child_wait(struct old_child *child, int64_t until_ms);

/**
 * old_child_report - report how a child ended, unless it ended well
 * @err: what old_child_run() returned
 *
 * Return: EXIT_DONE; EXIT_UNFINISHED for -ETIMEDOUT; EXIT_FAILED for other errors.
 */
int old_child_report(const struct options *options, const struct old_child *child, int err);
