/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The lines of /proc/PID/mountinfo.
 */
#pragma once

#include "base/util.h"

/** Parts of one line. A part that is missing is "". */
struct mountinfo {
	char *number;  /* of the block device: "259:1" */
	char *target;  /* where it is mounted; with escapes */
	char *type;    /* of the file system */
	char *source;  /* with escapes */
	char *options; /* of the file system, separated by commas; with escapes */
};

/**
 * mountinfo_parse - take a line apart
 * @line: changed; what @ret points to
 *
 * Return: whether it is such a line.
 * Source: proc(5), /proc/PID/mountinfo; show_mountinfo() in Linux fs/proc_namespace.c.
 */
bool mountinfo_parse(char *line, struct mountinfo *ret);

/** mountinfo_unescape - replace escapes: a space is \040, and a backslash \134 */
void mountinfo_unescape(char *s);
