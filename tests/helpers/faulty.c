// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * faulty LOG RULE PATH [[--then] RULE PATH]... -- COMMAND...
 *
 * Runs a command on a kernel that fails or takes its time: it holds the operations on files that
 * the rules name, over all processes of the command, and decides what becomes of each. It must not
 * depend on how often the command does something, or by which system call. See rule.h for the
 * rules.
 *
 * LOG gets a line for each operation that a rule names, whether the rule applies yet or not:
 * "OPERATION PATH: END", where END is done, the name of the error, returned, late or killed; and at
 * the end "not met: RULE PATH" for each rule that never applied.
 *
 * Ends when no process of the command is left, as its first one did: with its exit code, or 128 and
 * a signal's number; with 125 if faulty itself fails.
 */
#include "rule.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HELD_MAX 16
#define FILTER_MAX 128
#define LISTENER 100 /* the descriptor in the child */

/* A call that waits for its time. */
struct held {
	uint64_t id;
	long long due_ms;
};

static struct held held[HELD_MAX];
static size_t n_held;
static FILE *report;

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* --- what a call is about --- */

static void read_memory(pid_t pid, uint64_t address, char *ret, size_t size)
{
	/* Up to the end of a page, and then the next one, which may not be there. */
	size_t first = 4096 - address % 4096;
	struct iovec to = { ret, size - 1 };
	/* NOLINTBEGIN(performance-no-int-to-ptr): addresses of another process */
	struct iovec from[] = { { (void *)address, first },
		{ (void *)(address + first), first < size - 1 ? size - 1 - first : 0 } };
	/* NOLINTEND(performance-no-int-to-ptr) */
	ssize_t n = process_vm_readv(pid, &to, 1, from, from[1].iov_len ? 2 : 1, 0);

	ret[n > 0 ? n : 0] = '\0';
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

static void path_of(
	pid_t pid, const struct seccomp_data *data, const struct call *call, char ret[PATH_MAX])
{
	char text[PATH_MAX] = "";
	int fd = call->dir < 0 ? AT_FDCWD : (int)data->args[call->dir];
	size_t length;

	if (call->path >= 0)
		read_memory(pid, data->args[call->path], text, sizeof(text));
	if (text[0] == '/') {
		memcpy(ret, text, PATH_MAX);
		rule_resolve(ret);
		return;
	}
	directory_of(pid, fd, ret);
	length = strlen(ret);
	if (text[0])
		snprintf(ret + length, PATH_MAX - length, "/%s", text);
	rule_resolve(ret);
}

static const struct call *find_call(int nr)
{
	for (size_t i = 0; i < n_calls; i++) {
		if (calls[i].nr == nr)
			return &calls[i];
	}
	usage("a call that was not asked for");
}

static bool is_open_for_writing(const struct seccomp_data *data, const struct call *call)
{
	/* The flags come after the path. */
	return strcmp(call->operation, "open") == 0 &&
	       (data->args[call->path + 1] & O_ACCMODE) != O_RDONLY;
}

static void read_operation(pid_t pid, const struct seccomp_data *data, struct operation *ret)
{
	const struct call *call = find_call(data->nr);
	uint64_t size = data->args[2] + 1;

	ret->call = call;
	ret->text[0] = '\0';
	path_of(pid, data, call, ret->path);
	if (strcmp(call->operation, "write") == 0)
		read_memory(pid, data->args[1], ret->text, size < TEXT_MAX ? size : TEXT_MAX);
	ret->writes = is_open_for_writing(data, call);
}

/* --- what becomes of it --- */

static void answer(int listener, uint64_t id, int error, long long value)
{
	struct seccomp_notif_resp response = { .id = id, .error = -error, .val = value };

	/* A process that has been killed meanwhile needs no answer. */
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) < 0 && errno != ENOENT)
		broken("answer");
}

static void let_go_on(int listener, uint64_t id)
{
	struct seccomp_notif_resp response = { .id = id,
		.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) < 0 && errno != ENOENT)
		broken("answer");
}

static void hold(uint64_t id, int delay_ms)
{
	if (n_held == HELD_MAX)
		usage("too many calls wait");
	held[n_held++] = (struct held){ .id = id, .due_ms = now_ms() + delay_ms };
}

/* Return: how it ends, for the report. */
static const char *apply(const struct rule *rule, int listener, const struct seccomp_notif *call)
{
	/* NOLINTNEXTLINE(cert-env33-c): it is the test's own command */
	if (rule->command && system(rule->command) != 0)
		broken(rule->command);
	if (rule->kills) {
		kill((pid_t)call->pid, SIGKILL);
		return "killed";
	}
	if (rule->error) {
		answer(listener, call->id, rule->error, 0);
		return strerrorname_np(rule->error);
	}
	if (rule->returns) {
		answer(listener, call->id, 0, rule->value);
		return "returned";
	}
	if (rule->delay_ms) {
		hold(call->id, rule->delay_ms);
		return "late";
	}
	let_go_on(listener, call->id);
	return "done";
}

static void on_call(int listener)
{
	struct seccomp_notif notif = { 0 };
	struct operation operation;
	const struct rule *rule;
	const char *end = "done";
	bool named;

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notif) < 0) {
		if (errno == ENOENT || errno == EINTR)
			return;
		broken("receive");
	}
	read_operation((pid_t)notif.pid, &notif.data, &operation);
	rule = rules_find(&operation, &named);
	if (rule)
		end = apply(rule, listener, &notif);
	else
		let_go_on(listener, notif.id);
	if (named)
		fprintf(report, "%s %s: %s\n", operation.call->operation, operation.path, end);
}

/* Return: the milliseconds until the next call is due, -1 if none waits. */
static int let_due_ones_go(int listener)
{
	long long now = now_ms(), next = -1;
	size_t kept = 0;

	for (size_t i = 0; i < n_held; i++) {
		long long left = held[i].due_ms - now;

		if (left <= 0) {
			let_go_on(listener, held[i].id);
			continue;
		}
		held[kept++] = held[i];
		if (next < 0 || left < next)
			next = left;
	}
	n_held = kept;
	return (int)next;
}

/* Return: false when no process is left. */
static bool reap(int ended, pid_t first, int *result)
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
		if (pid == first)
			*result =
				WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	}
}

/* Return: what the first process ended as. */
static int watch(int listener, int ended, pid_t first)
{
	struct pollfd files[] = { { .fd = ended, .events = POLLIN },
		{ .fd = listener, .events = POLLIN } };
	int result = BROKEN;

	while (reap(ended, first, &result)) {
		if (poll(files, 2, let_due_ones_go(listener)) < 0 && errno != EINTR)
			broken("poll");
		if (files[1].revents & POLLIN)
			on_call(listener);
	}
	return result;
}

/* --- the command --- */

/* Return: the descriptor on which the calls of this process and its children are decided. */
static int listen_to_calls(void)
{
	struct sock_filter filter[FILTER_MAX] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	};
	struct sock_fprog program = { .filter = filter };
	size_t n = 1;

	if (2 * n_calls + 2 > FILTER_MAX)
		usage("too many calls");
	for (size_t i = 0; i < n_calls; i++) {
		if (!rules_need(&calls[i]))
			continue;
		filter[n++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)calls[i].nr, 0, 1);
		filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	}
	// cppcheck-suppress unreadVariable ; program has it
	filter[n] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program.len = (unsigned short)(n + 1);
	/* A signal that does not kill waits until the call has ended, as with a slow disk. */
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
		&program);
}

/* In the child, which stops until its parent has a copy of the descriptor. */
static _Noreturn void run_command(char **command, const sigset_t *mask)
{
	int listener = listen_to_calls();

	if (listener < 0 || dup3(listener, LISTENER, O_CLOEXEC) < 0) {
		perror("faulty: seccomp");
		_exit(BROKEN);
	}
	kill(getpid(), SIGSTOP);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(command[0], command);
	_exit(BROKEN);
}

/* Return: the descriptor of its calls. */
static int start(char **command, const sigset_t *mask, pid_t *ret_pid)
{
	pid_t pid = fork();
	int status, process, listener;

	if (pid < 0)
		broken("fork");
	if (pid == 0)
		run_command(command, mask);
	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
		exit(BROKEN);
	process = (int)syscall(SYS_pidfd_open, pid, 0);
	if (process < 0)
		broken("pidfd_open");
	listener = (int)syscall(SYS_pidfd_getfd, process, LISTENER, 0);
	if (listener < 0)
		broken("pidfd_getfd");
	close(process);
	kill(pid, SIGCONT);
	*ret_pid = pid;
	return listener;
}

int main(int argc, char *argv[])
{
	sigset_t child, old;
	char **command;
	int ended, listener, result;
	pid_t pid;

	if (argc < 3)
		usage("no rule");
	command = rules_read(argv + 2);
	report = fopen(argv[1], "we");
	if (!report)
		broken(argv[1]);
	/* What the command leaves behind becomes a child of this process. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		broken("prctl");
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &old);
	ended = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (ended < 0)
		broken("signalfd");
	listener = start(command, &old, &pid);
	result = watch(listener, ended, pid);
	rules_report_unmet(report);
	fclose(report);
	return result;
}
