// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * fault HOW NAME N REPORT COMMAND...
 *
 * Runs a command and watches, over all its processes, the system calls that touch the store, /sys
 * or /run: by a path, or by a descriptor of a file there. HOW is `list`, or a fault at the N-th of
 * these calls that is named NAME:
 *
 *   fail1, fail2  the call is not made and returns one of two errors that it may return
 *   caller        the process that calls is killed (SIGKILL) before the call
 *   parent        the first process is ended (SIGTERM and SIGINT in turn); the caller goes on
 *   all           all processes of the command are killed
 *
 * REPORT gets a line for each call, or for that one: "NAME N parent|child PATH". Ends when the last
 * process of the command has ended, with the exit code of the first one, or 128 and the signal that
 * ended it; with 99 if a process is left after 60 seconds.
 */
#include "../helpers/watch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_S 60
#define LEFT_BEHIND 99

/* dir, path: the argument that is the descriptor of a directory or a file, or a path; NONE for
 * neither. The errors are those of a full, broken or read-only disk, and of a kernel short of
 * memory or descriptors. */
#define NONE (-1)
static const struct call {
	int number;
	const char *name;
	int dir, path, error, error2;
} calls[] = {
#define CALL(name, dir, path, error, error2) \
	{ \
		SYS_##name, #name, dir, path, error, error2 \
	}
	CALL(openat, 0, 1, EACCES, ENFILE),
	CALL(read, 0, NONE, EIO, ENOMEM),
	CALL(pread64, 0, NONE, EIO, ENOMEM),
	CALL(write, 0, NONE, EIO, ENOSPC),
	CALL(writev, 0, NONE, EIO, ENOSPC),
	CALL(close, 0, NONE, EIO, EINTR),
	CALL(fstat, 0, NONE, EIO, ENOMEM),
	CALL(newfstatat, 0, 1, EACCES, ENOMEM),
	CALL(statx, 0, 1, EACCES, ENOMEM),
	CALL(statfs, NONE, 0, EIO, ENOSYS),
	CALL(fstatfs, 0, NONE, EIO, ENOSYS),
	CALL(lseek, 0, NONE, EIO, EINVAL),
	CALL(access, NONE, 0, EACCES, ENOMEM),
	CALL(faccessat2, 0, 1, EACCES, ENOMEM),
	CALL(readlink, NONE, 0, EACCES, ENOMEM),
	CALL(readlinkat, 0, 1, EACCES, ENOMEM),
	CALL(getdents64, 0, NONE, EIO, ENOMEM),
	CALL(chdir, NONE, 0, EACCES, ENOMEM),
	CALL(fchdir, 0, NONE, EACCES, EIO),
	CALL(unlink, NONE, 0, EROFS, EIO),
	CALL(unlinkat, 0, 1, EROFS, EIO),
	CALL(rmdir, NONE, 0, EROFS, EIO),
	CALL(mkdir, NONE, 0, EROFS, ENOSPC),
	CALL(mkdirat, 0, 1, EROFS, ENOSPC),
	CALL(rename, NONE, 0, EROFS, ENOSPC),
	CALL(renameat, 0, 1, EROFS, ENOSPC),
	CALL(renameat2, 0, 1, EROFS, ENOSPC),
	CALL(fsync, 0, NONE, EIO, ENOSPC),
	CALL(ftruncate, 0, NONE, EIO, EROFS),
	CALL(flock, 0, NONE, ENOLCK, EINTR),
	CALL(fchmod, 0, NONE, EROFS, EPERM),
};

/* These touch no file, or none by themselves. A call in neither list ends the test. */
static const int others[] = { SYS_brk, SYS_mmap, SYS_munmap, SYS_mprotect, SYS_mremap, SYS_madvise,
	SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_poll, SYS_ppoll, SYS_clone,
	SYS_clone3, SYS_fork, SYS_vfork, SYS_execve, SYS_exit, SYS_exit_group, SYS_wait4, SYS_kill,
	SYS_tgkill, SYS_pipe2, SYS_dup, SYS_dup2, SYS_dup3, SYS_fcntl, SYS_ioctl, SYS_socket,
	SYS_connect, SYS_bind, SYS_sendto, SYS_sendmsg, SYS_recvfrom, SYS_recvmsg, SYS_getsockname,
	SYS_setsockopt, SYS_getpid, SYS_getppid, SYS_gettid, SYS_getuid, SYS_geteuid, SYS_getgid,
	SYS_getegid, SYS_setsid, SYS_umask, SYS_close_range, SYS_getrlimit, SYS_prlimit64,
	SYS_set_tid_address, SYS_set_robust_list, SYS_rseq, SYS_arch_prctl, SYS_prctl,
	SYS_getrandom, SYS_rt_sigsuspend, SYS_futex, SYS_nanosleep, SYS_clock_nanosleep,
	SYS_clock_gettime, SYS_gettimeofday, SYS_time, SYS_setpriority, SYS_uname, SYS_sysinfo,
	SYS_getcwd, SYS_finit_module, SYS_init_module };

static const char *const places[] = { "/sys", "/run", "/etc/driverctl.d" };

static const char *how;
static const struct call *target; /* NULL: all calls are listed */
static size_t target_number;
static size_t n_seen[sizeof(calls) / sizeof(*calls)];
static FILE *report;
static time_t end;

static const struct call *find_call(int number, const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (name ? strcmp(calls[i].name, name) == 0 : calls[i].number == number)
			return &calls[i];
	return NULL;
}

static bool is_touched(const char *path)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		size_t n = strlen(places[i]);

		if (strncmp(path, places[i], n) == 0 && (path[n] == '/' || !path[n]))
			return true;
	}
	return false;
}

/* Return: the errno of a call that fails; 0: it goes on, or its process is killed. */
static int inject(pid_t caller)
{
	if (strcmp(how, "fail1") == 0)
		return target->error;
	if (strcmp(how, "fail2") == 0)
		return target->error2;
	if (strcmp(how, "all") == 0)
		watch_kill_all();
	else if (strcmp(how, "parent") == 0 && caller != watch_first())
		kill(watch_first(), target_number % 2 ? SIGTERM : SIGINT);
	else
		kill(caller, SIGKILL);
	return 0;
}

/* Return: see inject(). */
static int judge(const struct seccomp_notif *notif)
{
	const struct call *call = find_call(notif->data.nr, NULL);
	pid_t caller = (pid_t)notif->pid;
	char path[PATH_MAX];
	size_t number;

	if (!call) {
		fprintf(stderr, "fault: not in the lists: call %d\n", notif->data.nr);
		watch_kill_all();
		exit(BROKEN);
	}
	watch_find_path(notif, call->dir, call->path, path);
	if (!is_touched(path))
		return 0;
	number = ++n_seen[call - calls];
	if (target && number != target_number)
		return 0;
	fprintf(report, "%s %zu %s %s\n", call->name, number,
		caller == watch_first() ? "parent" : "child", path);
	return target ? inject(caller) : 0;
}

static void on_call(const struct seccomp_notif *notif)
{
	int error = judge(notif);

	if (error)
		watch_return(notif->id, error, 0);
	else
		watch_let_go_on(notif->id);
}

static int left_ms(void)
{
	time_t left = end - time(NULL);

	if (left > 0)
		return (int)left * 1000;
	fprintf(stderr, "fault: a process is left after %d s\n", LIMIT_S);
	watch_kill_all();
	exit(LEFT_BEHIND);
}

int main(int argc, char *argv[])
{
	struct watch watch = { .numbers = others,
		.n_numbers = sizeof(others) / sizeof(*others),
		.others = true,
		.on_call = on_call,
		.wait_ms = left_ms };
	int result;

	if (argc < 6) {
		fprintf(stderr, "usage: fault HOW NAME N REPORT COMMAND...\n");
		return BROKEN;
	}
	how = argv[1];
	if (strcmp(how, "list") != 0) {
		/* An answer takes longer than anything else: hold no more calls than needed. */
		target = find_call(0, argv[2]);
		watch.numbers = &target->number;
		watch.n_numbers = 1;
		watch.others = false;
	}
	target_number = strtoul(argv[3], NULL, 10);
	report = fopen(argv[4], "we");
	if (!report)
		broken(argv[4]);
	end = time(NULL) + LIMIT_S;
	result = watch_run(&watch, argv + 5);
	fclose(report);
	return result;
}
