// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Runs a command and holds system calls of all its processes until it is decided what becomes of
 * them. Knows nothing of what the calls do.
 *
 * Source: seccomp_unotify(2). Needs Linux 5.19.
 */
#pragma once

#include <limits.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define BROKEN 125

struct watch {
	/* Numbers of system calls: these are held, or with @others all but these. */
	const int *numbers;
	size_t n_numbers;
	bool others;
	/* Must let the call go on or return, now or later, or kill its process. */
	void (*on_call)(const struct seccomp_notif *call);
	/* Called before each wait. Return: how many milliseconds it may take; -1: no limit. NULL:
	 * none. */
	int (*wait_ms)(void);
};

/*
 * Run the command until none of its processes is left.
 * Return: the exit code of the first process, or 128 and the number of the signal that ended it.
 * Ends with BROKEN if the command cannot be watched.
 */
int watch_run(const struct watch *watch, char **command);

/* The first process of the command. */
pid_t watch_first(void);

/* Kill all processes of the command. */
void watch_kill_all(void);

/* @id: of the held call. Nothing happens if its process was killed. */
void watch_let_go_on(uint64_t id);
/* The call is not made. @error: an errno; 0: it returns @value. */
void watch_return(uint64_t id, int error, long long value);

/* Read a text of a process, of at most @size - 1 bytes. It is empty if it cannot be read. */
void watch_read_text(pid_t pid, uint64_t address, char *ret, size_t size);

/*
 * Find the file that a call is about; empty if there is none.
 * @dir, @path: the arguments that are a descriptor and a path, below 0 for neither
 */
void watch_find_path(const struct seccomp_notif *call, int dir, int path, char ret[PATH_MAX]);

/* Print what failed, with errno, and end with BROKEN. */
_Noreturn void broken(const char *what);
