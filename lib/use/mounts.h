/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is mounted in the caller's mount namespace.
 */
#pragma once

#include "base/util.h"

/** Parts of a line of mountinfo, without escapes. A part that is missing is "". */
struct mount {
	const char *number; /* of the block device: "259:1" */
	const char *target; /* where it is mounted */
	const char *type;   /* of the file system */
	const char *source;
	const char *options; /* of the file system, separated by commas; with escapes */
};

/** Empty, until they are needed. */
struct mounts {
	struct mount *items;
	size_t n;
	int error; /* of reading them: -errno */
	bool is_read;
	char *text; /* what the items point into */
};

/**
 * mounts_read - read /proc/self/mountinfo, the first time
 *
 * Return: 0, or -errno; then @mounts has those that were read.
 */
int mounts_read(struct mounts *mounts);

/** mounts_free - for use as a cleanup function */
void mounts_free(struct mounts *mounts);

/**
 * mounts_parse - take a line apart
 * @line: without its newline; changed, and what @ret points to
 *
 * Return: whether it is such a line.
 * Source: proc(5), /proc/PID/mountinfo; show_mountinfo() in Linux fs/proc_namespace.c.
 */
bool mounts_parse(char *line, struct mount *ret);

/** mounts_unescape - replace escapes: a space is \040, and a backslash \134. Return: @s */
char *mounts_unescape(char *s);
