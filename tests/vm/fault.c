// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * fault list REPORT COMMAND...
 * fault HOW NAME N REPORT COMMAND...
 *
 * Runs a command and watches, over all its processes, the system calls that touch the store, /sys
 * or /run: by a path, or by a descriptor of a file there. The first form only writes them down.
 * With the second one this is done at the N-th one called NAME:
 *
 *   fail1, fail2  the call is not made and returns an error that it may return, or another such
 *   caller        the process that calls is killed (SIGKILL) before the call
 *   parent        the first process is ended (SIGTERM and SIGINT in turn); the caller goes on
 *   all           all of its processes are killed
 *
 * REPORT gets a line for each call, or for that one: "parent|child NAME PATH". Ends when no process
 * of the command is left, as its first one did: with its exit code, or 128 and a signal's number;
 * with 99 where one was left after 60 seconds. x86-64 only.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_S 60
#define LEFT_BEHIND 99
#define BROKEN 125
#define PROCESSES_MAX 32

/* dir, path: the argument that is a folder's or a file's descriptor, or a path; NONE for neither.
 * Errors: what a full, broken or read-only disk says, the kernel short of memory or descriptors. */
#define NONE (-1)
static const struct call {
	long nr;
	const char *name;
	int dir, path, error, error2;
} calls[] = {
#define CALL(name, dir, path, error, error2) \
	{ \
		SYS_##name, #name, dir, path, error, error2 \
	}
	CALL(open, NONE, 0, EACCES, ENFILE),
	CALL(openat, 0, 1, EACCES, ENFILE),
	CALL(creat, NONE, 0, EROFS, ENOSPC),
	CALL(read, 0, NONE, EIO, ENOMEM),
	CALL(readv, 0, NONE, EIO, ENOMEM),
	CALL(pread64, 0, NONE, EIO, ENOMEM),
	CALL(write, 0, NONE, EIO, ENOSPC),
	CALL(writev, 0, NONE, EIO, ENOSPC),
	CALL(pwrite64, 0, NONE, EIO, ENOSPC),
	CALL(close, 0, NONE, EIO, EINTR),
	CALL(stat, NONE, 0, EACCES, ENOMEM),
	CALL(lstat, NONE, 0, EACCES, ENOMEM),
	CALL(fstat, 0, NONE, EIO, ENOMEM),
	CALL(newfstatat, 0, 1, EACCES, ENOMEM),
	CALL(statx, 0, 1, EACCES, ENOMEM),
	CALL(statfs, NONE, 0, EIO, ENOSYS),
	CALL(fstatfs, 0, NONE, EIO, ENOSYS),
	CALL(lseek, 0, NONE, EIO, EINVAL),
	CALL(access, NONE, 0, EACCES, ENOMEM),
	CALL(faccessat, 0, 1, EACCES, ENOMEM),
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
	CALL(link, NONE, 0, EROFS, ENOSPC),
	CALL(linkat, 0, 1, EROFS, ENOSPC),
	CALL(fsync, 0, NONE, EIO, ENOSPC),
	CALL(fdatasync, 0, NONE, EIO, ENOSPC),
	CALL(ftruncate, 0, NONE, EIO, EROFS),
	CALL(flock, 0, NONE, ENOLCK, EINTR),
	CALL(fchmod, 0, NONE, EROFS, EPERM),
	CALL(fchown, 0, NONE, EROFS, EPERM),
};

/* These touch no file, or none by themselves. A call in neither list ends the test. */
static const long others[] = { SYS_brk, SYS_mmap, SYS_munmap, SYS_mprotect, SYS_mremap, SYS_madvise,
	SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_poll, SYS_ppoll, SYS_clone,
	SYS_clone3, SYS_fork, SYS_vfork, SYS_execve, SYS_exit, SYS_exit_group, SYS_wait4, SYS_kill,
	SYS_tgkill, SYS_pipe2, SYS_dup, SYS_dup2, SYS_dup3, SYS_fcntl, SYS_ioctl, SYS_socket,
	SYS_connect, SYS_bind, SYS_sendto, SYS_sendmsg, SYS_recvfrom, SYS_recvmsg, SYS_getsockname,
	SYS_setsockopt, SYS_getpid, SYS_getppid, SYS_gettid, SYS_getuid, SYS_geteuid, SYS_getgid,
	SYS_getegid, SYS_setsid, SYS_umask, SYS_close_range, SYS_getrlimit, SYS_prlimit64,
	SYS_set_tid_address, SYS_set_robust_list, SYS_rseq, SYS_arch_prctl, SYS_prctl,
	SYS_getrandom, SYS_futex, SYS_nanosleep, SYS_clock_nanosleep, SYS_clock_gettime,
	SYS_gettimeofday, SYS_time, SYS_setpriority, SYS_uname, SYS_sysinfo, SYS_getcwd,
	SYS_finit_module, SYS_init_module };

static const char *const places[] = { "/sys", "/run", "/etc/driverctl.d" };

struct fault {
	const char *how;
	const struct call *call; /* NULL: all are listed */
	size_t number, n_calls;
	FILE *report;
};

static pid_t pids[PROCESSES_MAX];
static size_t n_pids;
static volatile sig_atomic_t late;

static _Noreturn void broken(const char *what)
{
	fprintf(stderr, "fault: %s: %s\n", what, strerror(errno));
	exit(BROKEN);
}

static const struct call *find_call(long nr, const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (name ? strcmp(calls[i].name, name) == 0 : calls[i].nr == nr)
			return &calls[i];
	return NULL;
}

/* In the child: one call, or every one that is not one of the others, stops for the parent. A stop
 * takes longer than all else. */
static void stop_at_calls(const struct call *only)
{
	enum { N = sizeof(others) / sizeof(*others) };
	struct sock_filter filter[2 * N + 2] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	};
	size_t n = 1;

	for (size_t i = 0; i < (only ? 1 : N); i++) {
		filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
			(unsigned int)(only ? only->nr : others[i]), 0, 1);
		filter[n++] = (struct sock_filter)BPF_STMT(
			BPF_RET | BPF_K, only ? SECCOMP_RET_TRACE : SECCOMP_RET_ALLOW);
	}
	filter[n++] = (struct sock_filter)BPF_STMT(
		BPF_RET | BPF_K, only ? SECCOMP_RET_ALLOW : SECCOMP_RET_TRACE);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER,
		    &(struct sock_fprog){ .len = (unsigned short)n, .filter = filter }) < 0)
		broken("seccomp");
}

/* --- which file a call is about --- */

static unsigned long long argument(const struct user_regs_struct *regs, int n)
{
	const unsigned long long all[] = { regs->rdi, regs->rsi, regs->rdx };

	return all[n];
}

static void read_text(pid_t pid, unsigned long long address, char ret[PATH_MAX])
{
	/* Up to the end of a page, and then the next one, which may not be there. */
	size_t first = 4096 - address % 4096;
	struct iovec to = { ret, PATH_MAX - 1 };
	/* NOLINTBEGIN(performance-no-int-to-ptr): addresses of another process */
	struct iovec from[] = { { (void *)address, first },
		{ (void *)(address + first), PATH_MAX - 1 - first } };
	/* NOLINTEND(performance-no-int-to-ptr) */
	ssize_t n = process_vm_readv(pid, &to, 1, from, first < PATH_MAX - 1 ? 2 : 1, 0);

	ret[n > 0 ? n : 0] = '\0';
}

static void path_of(
	pid_t pid, const struct user_regs_struct *regs, const struct call *call, char ret[PATH_MAX])
{
	char link[64], text[PATH_MAX] = "";
	ssize_t n;
	int fd;

	if (call->path >= 0)
		read_text(pid, argument(regs, call->path), text);
	if (text[0] == '/') {
		memcpy(ret, text, PATH_MAX);
		return;
	}
	fd = call->dir >= 0 ? (int)argument(regs, call->dir) : AT_FDCWD;
	if (fd == AT_FDCWD)
		snprintf(link, sizeof(link), "/proc/%d/cwd", pid);
	else
		snprintf(link, sizeof(link), "/proc/%d/fd/%d", pid, fd);
	n = readlink(link, ret, PATH_MAX - 1);
	ret[n > 0 ? n : 0] = '\0';
	if (n > 0 && text[0])
		snprintf(ret + n, PATH_MAX - (size_t)n, "/%s", text);
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

/* --- the faults --- */

static void kill_all(void)
{
	for (size_t i = 0; i < n_pids; i++)
		kill(pids[i], SIGKILL);
}

static void inject(pid_t pid, struct user_regs_struct *regs, const struct call *call,
	const struct fault *fault)
{
	if (strcmp(fault->how, "parent") == 0 && pid != pids[0]) {
		kill(pids[0], fault->number % 2 ? SIGTERM : SIGINT);
		return;
	}
	regs->orig_rax = (unsigned long long)-1;
	if (strcmp(fault->how, "fail1") == 0)
		regs->rax = (unsigned long long)-call->error;
	else if (strcmp(fault->how, "fail2") == 0)
		regs->rax = (unsigned long long)-call->error2;
	if (ptrace(PTRACE_SETREGS, pid, NULL, regs) < 0)
		broken("PTRACE_SETREGS");
	if (strcmp(fault->how, "all") == 0)
		kill_all();
	else if (strncmp(fault->how, "fail", 4) != 0)
		kill(pid, SIGKILL);
}

static void on_call(pid_t pid, struct fault *fault)
{
	struct user_regs_struct regs;
	const struct call *call;
	char path[PATH_MAX];

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0)
		return;
	call = find_call((long)regs.orig_rax, NULL);
	if (!call) {
		fprintf(stderr, "fault: not in the lists: call %lld\n", (long long)regs.orig_rax);
		exit(BROKEN);
	}
	path_of(pid, &regs, call, path);
	if (!is_touched(path) || (fault->call && ++fault->n_calls != fault->number))
		return;
	fprintf(fault->report, "%s %s %s\n", pid == pids[0] ? "parent" : "child", call->name, path);
	if (fault->call)
		inject(pid, &regs, call, fault);
}

/* --- the processes --- */

/* Return: false for one seen for the first time. */
static bool is_known(pid_t pid)
{
	for (size_t i = 0; i < n_pids; i++)
		if (pids[i] == pid)
			return true;
	if (n_pids == PROCESSES_MAX)
		broken("too many processes");
	pids[n_pids++] = pid;
	return false;
}

static void start(char **command, const struct call *only)
{
	pid_t pid = fork();

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		kill(getpid(), SIGSTOP);
		stop_at_calls(only);
		execvp(command[0], command);
		broken(command[0]);
	}
	if (pid < 0 || waitpid(pid, NULL, 0) != pid ||
		ptrace(PTRACE_SETOPTIONS, pid, NULL,
			PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK |
				PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC) < 0)
		broken("fork");
	is_known(pid);
	ptrace(PTRACE_CONT, pid, NULL, 0);
}

static void on_alarm(int signal)
{
	(void)signal;
	late = 1;
}

/* Return: what the first process ended as. */
static int watch(struct fault *fault)
{
	int status, result = BROKEN;

	for (;;) {
		pid_t pid = waitpid(-1, &status, __WALL);
		int signal = 0;
		bool known;

		if (pid < 0 && errno == EINTR && late) {
			fprintf(stderr, "fault: a process was left after %d s\n", LIMIT_S);
			return LEFT_BEHIND;
		}
		if (pid < 0)
			return result;
		known = is_known(pid);
		if (!WIFSTOPPED(status)) {
			if (pid == pids[0])
				result = WIFSIGNALED(status) ? 128 + WTERMSIG(status)
							     : WEXITSTATUS(status);
			continue;
		}
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8))
			on_call(pid, fault);
		/* A new process stops once before it begins. */
		else if (status >> 16 == 0 && (known || WSTOPSIG(status) != SIGSTOP))
			signal = WSTOPSIG(status);
		ptrace(PTRACE_CONT, pid, NULL, signal);
	}
}

int main(int argc, char *argv[])
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct fault fault = { .how = argc > 1 ? argv[1] : "" };
	bool list = strcmp(fault.how, "list") == 0;
	int result;

	if (argc < (list ? 4 : 6)) {
		fprintf(stderr,
			"usage: fault list REPORT COMMAND...\n"
			"       fault fail1|fail2|caller|parent|all NAME N REPORT COMMAND...\n");
		return 2;
	}
	if (!list) {
		fault.call = find_call(0, argv[2]);
		fault.number = strtoul(argv[3], NULL, 10);
		if (!fault.call)
			broken(argv[2]);
	}
	argv += list ? 2 : 4;
	fault.report = fopen(argv[0], "we");
	if (!fault.report)
		broken(argv[0]);
	start(argv + 1, fault.call);
	sigaction(SIGALRM, &action, NULL);
	alarm(LIMIT_S);
	result = watch(&fault);
	fclose(fault.report);
	return result;
}
