// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The rules of faulty: which operations on which files, and what becomes of them.
 *
 * RULE is OPERATION[:WORD]..., where OPERATION is one of open, read, write, list, stat, access,
 * readlink, mkdir, rename, unlink, sync, truncate and lock, and the words are
 *
 *   text=T     only a write of this text; a newline at the end does not count
 *   writing    only an open for writing
 *   once       only the first time
 *   error=E    the operation is not done and fails, for example with EIO
 *   return=N   the operation is not done and returns N
 *   delay=MS   the operation waits for so many milliseconds
 *   kill       the process that does it is killed before
 *   do=C       the shell command C runs before; it takes the rest of the rule
 *
 * A rule without error, return, delay, kill and do only takes notice. PATH is an absolute path, or
 * the end of one. A rule after "--then" applies from the time on at which the one before it was
 * met. If several rules apply, the first one that does something counts.
 */
#pragma once

#include "watch.h"

#include <stdio.h>

#define CALLS_MAX 64
#define RULES_MAX 16
#define TEXT_MAX 256

/* dir, path: the arguments that are a descriptor and a path; below 0 for neither. */
struct call {
	int nr;
	const char *operation;
	int dir, path;
};

struct rule {
	char *words; /* its own copy of the rule, which text and command point into */
	const char *name, *operation, *text, *command;
	char path[PATH_MAX];
	int error, delay_ms;
	long long value;
	bool returns, kills, writing, once, follows, met;
};

/* What a process is about to do. */
struct operation {
	const struct call *call;
	char path[PATH_MAX], text[TEXT_MAX];
	bool writes;
};

/* Every system call that does one of the operations. */
extern const struct call calls[];
extern const size_t n_calls;

_Noreturn void usage(const char *what);

/* Take the links out of the path's directories, so that a rule names a file in one way only. */
void rule_resolve(char path[PATH_MAX]);

/* Return: the command's first word. */
char **rules_read(char **argument);

/* Return: whether a rule names the operation of this call. */
bool rules_need(const struct call *call);

/*
 * Notice an operation. @ret_named: a rule names it, whether that rule applies yet or not.
 * Return: the first rule that does something to it, NULL if there is none.
 */
const struct rule *rules_find(const struct operation *operation, bool *ret_named);

void rules_report_unmet(FILE *report);
