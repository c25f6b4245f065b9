/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Run a function in a child with a deadline, for work that may block in the kernel beyond any
 * signal: a driver's remove function that waits for its last user, or an attribute whose reader
 * waits for the device's lock.
 *
 * Records come by pipe, the step the child is in by shared memory. The child is a session of its
 * own, holds no descriptor of its caller (else "$(driverctl ...)" would wait for it) and outlives
 * it: when the parent gives up, the child learns it from bounded_expired() and puts things back.
 */
#pragma once

#include "base/util.h"

#include <sys/types.h>

#define BOUNDED_RECORD_MAX 16384
#define BOUNDED_SUBJECT_MAX 256

struct bounded;

/** Where the child is. */
struct bounded_position {
	size_t item; /* which of the things that it works on, from 0 */
	int step;    /* what it does with it */
	char subject[BOUNDED_SUBJECT_MAX];
};

/** The function in the child. Its return value is ignored: what it has to say, it sends. */
typedef void (*bounded_fn)(struct bounded *b, void *arg);

/** What the parent does while it waits; each may be NULL. */
struct bounded_watch {
	/* A record sent by the child, in order. */
	void (*record)(const void *data, size_t size, void *userdata);
	/* The child went on to another step. Called only where steps are traced. */
	void (*step)(const struct bounded_position *at, void *userdata);
	/* Two seconds have passed in one step. */
	void (*waiting)(const struct bounded_position *at, void *userdata);
	void *userdata;
	bool trace; /* send every step by pipe too */
};

struct bounded_limits {
	int64_t deadline_ms;   /* util_now_ms() at which the parent gives up */
	unsigned int stall_ms; /* the longest one step may take; 0: no such limit */
};

/** Where the child was when the parent gave up. */
struct bounded_end {
	pid_t pid;
	struct bounded_position at;
};

/**
 * bounded_run - run @fn(@arg) in a child and wait for it within limits
 * @ret_end: filled where the result is -ETIMEDOUT
 *
 * Return: 0 when the child ended by itself; -ETIMEDOUT when a limit passed and the child was left
 * behind; -EIO when a signal ended it; -errno of pipe2(2), mmap(2), fork(2).
 */
int bounded_run(bounded_fn fn, void *arg, const struct bounded_limits *limits,
	const struct bounded_watch *watch, struct bounded_end *ret_end);

/* For the child: */

/** bounded_step - say what is done next. @subject is cut at BOUNDED_SUBJECT_MAX. */
void bounded_step(struct bounded *b, size_t item, int step, const char *subject);

/**
 * bounded_send - send one record of at most BOUNDED_RECORD_MAX bytes
 *
 * A parent that is gone is no error: the work goes on without it.
 */
void bounded_send(struct bounded *b, const void *data, size_t size);

/** bounded_expired - whether the parent has given up, or should have. */
bool bounded_expired(const struct bounded *b);

/**
 * bounded_finish - claim the end: from here the parent waits for the result past its deadline
 * (by two seconds at most), and the child does not turn back
 *
 * Return: false where the parent gave up first; the child then undoes what it did.
 */
bool bounded_finish(struct bounded *b);
