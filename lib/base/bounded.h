/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Run a function in a child with a deadline. The work may block in the kernel where no signal ends
 * it: a driver's remove function waits for its last user, or the reader of an attribute waits for
 * the device's lock.
 *
 * The child sends records through a pipe, and its current step through shared memory. It has its
 * own session and none of its caller's descriptors, because "$(driverctl ...)" would wait for
 * these. It may outlive its caller: bounded_expired() tells it that the parent has given up, so
 * that it can restore what it changed.
 */
#pragma once

#include "base/util.h"

#include <sys/types.h>

#define BOUNDED_RECORD_MAX 16384
#define BOUNDED_SUBJECT_MAX 256

struct bounded;

/** What the child is doing. */
struct bounded_position {
	size_t item; /* the number of the thing that it works on, from 0 */
	int step;    /* what it does with the item */
	char subject[BOUNDED_SUBJECT_MAX];
};

/** The function in the child. It returns nothing; it sends its results. */
typedef void (*bounded_fn)(struct bounded *b, void *arg);

/** What the parent does while it waits; each may be NULL. */
struct bounded_watch {
	/* The child has sent a record. Records arrive in order. */
	void (*record)(const void *data, size_t size, void *userdata);
	/* The child has begun another step. Called only with @trace. */
	void (*step)(const struct bounded_position *at, void *userdata);
	/* The child has been in one step for two seconds. */
	void (*waiting)(const struct bounded_position *at, void *userdata);
	void *userdata;
	bool trace; /* also send every step through the pipe */
};

struct bounded_limits {
	int64_t deadline_ms;   /* the util_now_ms() at which the parent gives up */
	unsigned int stall_ms; /* the longest time for one step; 0: no limit */
};

/** The child when the parent gave up. */
struct bounded_end {
	pid_t pid;
	struct bounded_position at;
};

/**
 * bounded_run - run @fn(@arg) in a child and wait for it within limits
 * @ret_end: set only if the result is -ETIMEDOUT
 *
 * Return: 0 if the child ended by itself; -ETIMEDOUT if a limit has passed (the child still runs);
 * -EIO if a signal ended the child; -errno of mmap(2), pipe2(2), fork(2), poll(2) and read(2).
 */
int bounded_run(bounded_fn fn, void *arg, const struct bounded_limits *limits,
	const struct bounded_watch *watch, struct bounded_end *ret_end);

/** A child that goes on while its parent does something else. */
struct bounded_child;

/**
 * bounded_start - run @fn(@arg) in a child, and do not wait for it
 * @limits, @watch: must live as long as @ret_child
 * @ret_child: owned by the caller (bounded_close())
 *
 * The parent need not be there when a limit passes: the child knows its deadline. Its records
 * wait in a pipe, which holds 64 KiB.
 *
 * Return: 0; -errno of mmap(2), pipe2(2), fork(2); -ENOMEM.
 */
int bounded_start(bounded_fn fn, void *arg, const struct bounded_limits *limits,
	const struct bounded_watch *watch, struct bounded_child **ret_child);

/**
 * bounded_wait - wait for a child
 * @until_ms: the util_now_ms() at which to return although it has not ended
 * @ret_end: set only if the result is -ETIMEDOUT
 *
 * Return: -EAGAIN if it has not ended; otherwise as bounded_run(), and the child is not to be
 * waited for again.
 */
int bounded_wait(struct bounded_child *child, int64_t until_ms, struct bounded_end *ret_end);

/** bounded_close - free what the parent has of a child; a child that has not ended goes on */
void bounded_close(struct bounded_child **child);

/* For the child: */

/** bounded_step - say what comes next; a @subject of BOUNDED_SUBJECT_MAX or more bytes is cut */
void bounded_step(struct bounded *b, size_t item, int step, const char *subject);

/**
 * bounded_send - send one record of at most BOUNDED_RECORD_MAX bytes
 *
 * It is not an error if the parent is gone: the work goes on without it.
 */
void bounded_send(struct bounded *b, const void *data, size_t size);

/** bounded_expired - whether the parent has given up, or its deadline has passed */
bool bounded_expired(const struct bounded *b);

/**
 * bounded_finish - claim the end: the child will finish, and the parent waits for the result
 *
 * When a limit passes, the parent waits for two seconds more, once.
 *
 * Return: false if the parent gave up first. The child must then restore what it changed.
 */
bool bounded_finish(struct bounded *b);
