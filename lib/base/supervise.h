/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Run a function in a child with a deadline. The work may block in the kernel where no signal ends
 * it: a driver's remove function waits for its last user, or the reader of an attribute waits for
 * the device's lock.
 *
 * The child prints on its own standard output and error, which are pipes, and its exit status is
 * the result. Its current step is in memory that both share. It has its own session and none of its
 * caller's descriptors, because "$(driverctl ...)" would wait for these. It may outlive its caller:
 * what it prints then is lost, and supervise_expired() tells it that the parent has given up, so
 * that it can restore what it changed.
 */
#pragma once

#include "base/util.h"

#include <sys/types.h>

#define SUPERVISE_SUBJECT_MAX 256

struct supervise;

/** What the child is doing. */
struct supervise_position {
	size_t item; /* the number of the thing that it works on, from 0 */
	int step;    /* what it does with the item */
	char subject[SUPERVISE_SUBJECT_MAX];
};

/** The function in the child. Return: the exit status, from 0 to 255. */
typedef int (*supervise_fn)(struct supervise *s, void *arg);

/** What limits the child, and who learns what it does. */
struct supervise_watch {
	int64_t deadline_ms;   /* the util_now_ms() at which the parent gives up */
	unsigned int stall_ms; /* the longest time for one step; 0: no limit */
	unsigned int grace_ms; /* how much longer to wait for a child that has claimed the end */
	/* Standard error goes the way of standard output, so that their order is kept. */
	bool merged;
	/* In the parent: the child has printed something, on descriptor 1 or 2. */
	void (*output)(int fd, const char *data, size_t size, void *userdata);
	/* In the child: it begins. NULL for none, as the next two. */
	void (*begin)(void);
	/* In the child: it begins another step. */
	void (*step)(const struct supervise_position *at, void *userdata);
	/* In the parent: the child has been in one step for @waiting_ms. Called once a step. */
	void (*waiting)(const struct supervise_position *at, void *userdata);
	unsigned int waiting_ms;
	void *userdata;
};

/** The child when the parent gave up. */
struct supervise_end {
	pid_t pid;
	struct supervise_position at;
};

/** A child, as its parent knows it. */
struct supervise_child;

/**
 * supervise_start - run @fn(@arg) in a child, and do not wait for it
 * @watch: must live as long as @ret_child
 * @ret_child: owned by the caller (supervise_close())
 *
 * What the caller has printed and not flushed stays the caller's. The parent need not be there when
 * a limit passes: the child knows its deadline. What it prints waits in pipes, each of which holds
 * 64 KiB.
 *
 * Return: 0; -errno of mmap(2), pipe2(2), fork(2); -ENOMEM.
 */
int supervise_start(supervise_fn fn, void *arg, const struct supervise_watch *watch,
	struct supervise_child **ret_child);

/**
 * supervise_wait - wait for a child within its limits
 * @until_ms: the util_now_ms() at which to return although it has not ended
 * @ret_end: set only if the result is -ETIMEDOUT
 *
 * Return: the exit status; -EAGAIN if it has not ended; -ETIMEDOUT if a limit has passed (the child
 * still runs); -EIO if a signal ended the child, or it could not print; -errno of poll(2) and
 * read(2). Unless it is -EAGAIN, the child is not to be waited for again.
 */
int supervise_wait(struct supervise_child *child, int64_t until_ms, struct supervise_end *ret_end);

/** supervise_close - free what the parent has of a child; a child that has not ended goes on */
void supervise_close(struct supervise_child **child);

/* For the child: */

/** supervise_step - say what comes next; a @subject of SUPERVISE_SUBJECT_MAX or more bytes is cut
 */
void supervise_step(struct supervise *s, size_t item, int step, const char *subject);

/** supervise_expired - whether the parent has given up, or its deadline has passed */
bool supervise_expired(const struct supervise *s);

/**
 * supervise_finish - claim the end: the child will finish, and the parent waits for the result
 *
 * When a limit passes, the parent waits for the time of grace, once.
 *
 * Return: false if the parent gave up first, or the deadline has passed. The child must then
 * restore what it changed.
 */
bool supervise_finish(struct supervise *s);

/**
 * supervise_report - claim the end after the deadline as well, to report what has become of the
 * work
 *
 * Return: false if the parent has given up: it has said so, and reads nothing any more.
 */
bool supervise_report(struct supervise *s);
