// SPDX-License-Identifier: LGPL-2.1-or-later
#include "watch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILTER_MAX 256
#define PROCESSES_MAX 64
#define LISTENER 100 /* the descriptor in the child */

static int listener;
static pid_t first;

_Noreturn void broken(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
	exit(BROKEN);
}

pid_t watch_first(void)
{
	return first;
}

/* --- what a call is about --- */

static void read_file(const char *path, off_t offset, char *ret, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = pread(fd, ret, size - 1, offset);

	ret[n > 0 ? n : 0] = '\0';
	close(fd);
}

void watch_read_text(pid_t pid, uint64_t address, char *ret, size_t size)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	read_file(path, (off_t)address, ret, size);
}

static void directory_of(pid_t pid, int fd, char ret[PATH_MAX])
{
	char link[64];
	ssize_t n;

	if (fd == AT_FDCWD)
		snprintf(link, sizeof(link), "/proc/%d/cwd", pid);
	else
		snprintf(link, sizeof(link), "/proc/%d/fd/%d", pid, fd);
	n = readlink(link, ret, PATH_MAX - 1);
	ret[n > 0 ? n : 0] = '\0';
}

void watch_find_path(const struct seccomp_notif *call, int dir, int path, char ret[PATH_MAX])
{
	pid_t pid = (pid_t)call->pid;
	char text[PATH_MAX] = "";
	size_t length;

	if (path >= 0)
		watch_read_text(pid, call->data.args[path], text, sizeof(text));
	if (text[0] == '/') {
		memcpy(ret, text, PATH_MAX);
		return;
	}
	directory_of(pid, dir < 0 ? AT_FDCWD : (int)call->data.args[dir], ret);
	length = strlen(ret);
	if (length && text[0])
		snprintf(ret + length, PATH_MAX - length, "/%s", text);
}

/* --- what becomes of it --- */

static void answer(const struct seccomp_notif_resp *response)
{
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, response) < 0 && errno != ENOENT)
		broken("answer");
}

void watch_let_go_on(uint64_t id)
{
	answer(&(struct seccomp_notif_resp){ .id = id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE });
}

void watch_return(uint64_t id, int error, long long value)
{
	answer(&(struct seccomp_notif_resp){ .id = id, .error = -error, .val = value });
}

/* Return: how many children were read, at most @max. */
static size_t read_children(pid_t pid, pid_t *ret, size_t max)
{
	char path[64], text[1024], *rest = text, *end;
	size_t n = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	read_file(path, 0, text, sizeof(text));
	while (n < max) {
		pid_t child = (pid_t)strtol(rest, &end, 10);

		if (end == rest)
			break;
		ret[n++] = child;
		rest = end;
	}
	return n;
}

/* This process is the parent of whoever lost its parent. */
void watch_kill_all(void)
{
	pid_t pids[PROCESSES_MAX] = { getpid() };
	size_t n = 1;

	for (size_t i = 0; i < n; i++)
		n += read_children(pids[i], pids + n, PROCESSES_MAX - n);
	while (n > 1)
		kill(pids[--n], SIGKILL);
}

/* --- the command --- */

/* Return: the descriptor on which the calls of this process and its children are decided. */
static int filter_calls(const struct watch *watch)
{
	const unsigned int match = watch->others ? SECCOMP_RET_ALLOW : SECCOMP_RET_USER_NOTIF;
	const unsigned int rest = watch->others ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ALLOW;
	struct sock_filter filter[FILTER_MAX] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	};
	struct sock_fprog program = { .filter = filter };
	size_t n = 1;

	for (size_t i = 0; i < watch->n_numbers && n < FILTER_MAX - 2; i++) {
		unsigned int number = (unsigned int)watch->numbers[i];

		filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
		filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, match);
	}
	// cppcheck-suppress unreadVariable ; program has it
	filter[n] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, rest);
	program.len = (unsigned short)(n + 1);
	/* A signal that does not kill waits until the call has ended, as with a slow disk. */
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
		&program);
}

/* In the child, which stops until its parent has a copy of the descriptor. */
static _Noreturn void run_command(const struct watch *watch, char **command, const sigset_t *mask)
{
	int fd;

	sigprocmask(SIG_SETMASK, mask, NULL);
	fd = filter_calls(watch);
	if (fd < 0 || dup3(fd, LISTENER, O_CLOEXEC) < 0)
		_exit(BROKEN);
	kill(getpid(), SIGSTOP);
	execvp(command[0], command);
	_exit(BROKEN);
}

static void start(const struct watch *watch, char **command, const sigset_t *mask)
{
	int status, process;

	first = fork();
	if (first < 0)
		broken("fork");
	if (first == 0)
		run_command(watch, command, mask);
	if (waitpid(first, &status, WUNTRACED) != first || !WIFSTOPPED(status))
		broken("seccomp");
	process = (int)syscall(SYS_pidfd_open, first, 0);
	listener = (int)syscall(SYS_pidfd_getfd, process, LISTENER, 0);
	if (listener < 0)
		broken("pidfd_getfd");
	close(process);
	kill(first, SIGCONT);
}

static void take_call(const struct watch *watch)
{
	struct seccomp_notif call = { 0 };

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) == 0)
		watch->on_call(&call);
	else if (errno != ENOENT && errno != EINTR)
		broken("receive");
}

/* Return: false when no process is left. */
static bool reap(int ended, int *result)
{
	struct signalfd_siginfo signal;
	int status;

	if (read(ended, &signal, sizeof(signal)) < 0 && errno != EAGAIN)
		broken("signalfd");
	for (;;) {
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid < 0)
			return false;
		if (pid == 0)
			return true;
		if (pid != first)
			continue;
		*result = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	}
}

int watch_run(const struct watch *watch, char **command)
{
	struct pollfd files[2] = { { .events = POLLIN }, { .events = POLLIN } };
	int result = BROKEN;
	sigset_t child, old;

	/* What the command leaves behind becomes a child of this process. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		broken("prctl");
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &old);
	files[0].fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (files[0].fd < 0)
		broken("signalfd");
	start(watch, command, &old);
	files[1].fd = listener;
	while (reap(files[0].fd, &result)) {
		if (poll(files, 2, watch->wait_ms ? watch->wait_ms() : -1) < 0 && errno != EINTR)
			broken("poll");
		if (files[1].revents & POLLIN)
			take_call(watch);
	}
	return result;
}
