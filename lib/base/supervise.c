/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pipes, the shared page and the process of a child with a deadline. */
#include "base/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* Where a child has its pipes: standard output, and error behind it. */
#define PIPE_FD 3

/* The first one to leave RUNNING decides: the child claims the end, or the parent gives up. */
enum { RUNNING, FINISHING, ABANDONED };

/* The page that parent and child share. */
struct supervise {
	_Atomic int state;
	_Atomic unsigned int n_steps;
	/* n_steps % 2 is the current one; the child writes the other. */
	struct supervise_position slot[2];
	const struct supervise_watch *watch; /* of which each has its copy */
};

/* --- the child --- */

void supervise_step(struct supervise *s, size_t item, int step, const char *subject)
{
	unsigned int next = atomic_load(&s->n_steps) + 1;
	struct supervise_position *at = &s->slot[next % 2];

	at->item = item;
	at->step = step;
	util_format(at->subject, sizeof(at->subject), "%s", subject);
	atomic_store(&s->n_steps, next);
	if (s->watch->step)
		s->watch->step(at, s->watch->userdata);
}

bool supervise_expired(const struct supervise *s)
{
	return atomic_load(&s->state) == ABANDONED || util_now_ms() >= s->watch->deadline_ms;
}

bool supervise_report(struct supervise *s)
{
	int state = RUNNING;

	return atomic_compare_exchange_strong(&s->state, &state, FINISHING) || state == FINISHING;
}

bool supervise_finish(struct supervise *s)
{
	return !supervise_expired(s) && supervise_report(s);
}

/* Puts a pipe where nothing that the child starts inherits it. Return: NULL after a failure. */
static FILE *open_pipe(int pipe_fd, int fd, int mode)
{
	FILE *f;

	if (dup3(pipe_fd, fd, O_CLOEXEC) < 0)
		return NULL;
	f = fdopen(fd, "w");
	if (f)
		setvbuf(f, NULL, mode, BUFSIZ);
	return f;
}

/*
 * The child prints into its pipes by stdout and stderr of its own; the descriptors 0 to 2 are those
 * of a command of modprobe.d that libkmod runs: what it says is no result, and it may go on after
 * the child.
 */
static void become_child(bool merged, int out_fd, int err_fd)
{
	int out = fcntl(out_fd, F_DUPFD_CLOEXEC, PIPE_FD + 2);
	int err = fcntl(err_fd, F_DUPFD_CLOEXEC, PIPE_FD + 2);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	umask(022);
	for (int fd = 0; fd < PIPE_FD; fd++) {
		if (null < 0)
			close(fd);
		else
			dup2(null, fd);
	}
	stdout = open_pipe(out, PIPE_FD, merged ? _IOLBF : _IOFBF);
	stderr = open_pipe(err, PIPE_FD + 1, _IONBF);
	util_close_from(PIPE_FD + 2);
	/* A mount point must not stay busy because of a child that is left behind. */
	if (!stdout || !stderr || chdir("/") < 0)
		raise(SIGKILL);
}

/* --- the parent --- */

struct supervise_child {
	struct supervise *s;
	const struct supervise_watch *watch;
	struct pollfd pipes[2]; /* standard output and error; -1: at its end */
	pid_t pid;
	int64_t deadline_ms;
	bool in_grace;           /* the child has claimed the end, and a limit has passed since */
	unsigned int seen_steps; /* s->n_steps at since_ms */
	int64_t since_ms;
	bool told; /* watch->waiting() was called for the current step */
};

static void close_pipes(struct supervise_child *p)
{
	for (int i = 0; i < 2; i++) {
		util_closep(&p->pipes[i].fd);
		p->pipes[i].fd = -1;
	}
}

void supervise_close(struct supervise_child **child)
{
	struct supervise_child *p = *child;

	if (!p)
		return;
	if (p->s)
		munmap(p->s, sizeof(*p->s));
	close_pipes(p);
	free(p);
	*child = NULL;
}

/* The page that both share, and the pipes. Return: 0 or -errno. The caller closes @p in any case.
 */
static int open_child(struct supervise_child *p, int *ret_out_fd, int *ret_err_fd)
{
	int fds[2];

	p->s = mmap(NULL, sizeof(*p->s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p->s == MAP_FAILED) {
		p->s = NULL;
		return -errno;
	}
	p->s->watch = p->watch;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	p->pipes[0].fd = fds[0];
	*ret_out_fd = fds[1];
	if (p->watch->merged)
		return 0;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	p->pipes[1].fd = fds[0];
	*ret_err_fd = fds[1];
	return 0;
}

int supervise_start(supervise_fn fn, void *arg, const struct supervise_watch *watch,
	struct supervise_child **ret_child)
{
	struct supervise_child *p = calloc(1, sizeof(*p));
	CLEANUP_CLOSE int out_fd = -1, err_fd = -1;
	int err, status;

	*ret_child = p;
	if (!p)
		return -ENOMEM;
	p->watch = watch;
	p->deadline_ms = watch->deadline_ms;
	p->since_ms = util_now_ms();
	p->pipes[0] = p->pipes[1] = (struct pollfd){ .fd = -1, .events = POLLIN };
	err = open_child(p, &out_fd, &err_fd);
	if (err == 0) {
		p->pid = fork();
		err = p->pid < 0 ? -errno : 0;
	}
	if (err < 0)
		supervise_close(ret_child);
	if (err < 0 || p->pid > 0)
		return err;
	become_child(watch->merged, out_fd, watch->merged ? out_fd : err_fd);
	if (watch->begin)
		watch->begin();
	status = fn(p->s, arg);
	/* A result without its words is none. */
	if (fflush(stdout) != 0 || ferror(stdout) || ferror(stderr))
		raise(SIGKILL);
	_exit(status);
}

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
	return a_ms < b_ms ? a_ms : b_ms;
}

/* When to give up: at the deadline, or when the current step has taken too long. */
static int64_t limit_ms(const struct supervise_child *p)
{
	if (!p->watch->stall_ms || p->in_grace)
		return p->deadline_ms;
	return earlier(p->deadline_ms, p->since_ms + p->watch->stall_ms);
}

static void current_step(const struct supervise_child *p, struct supervise_position *ret)
{
	*ret = p->s->slot[atomic_load(&p->s->n_steps) % 2];
	ret->subject[SUPERVISE_SUBJECT_MAX - 1] = '\0';
}

/* Notes the time if the child has gone on to another step, and tells if it has not for long. */
static void look_at_step(struct supervise_child *p, int64_t now_ms)
{
	unsigned int n_steps = atomic_load(&p->s->n_steps);
	struct supervise_position at;

	if (n_steps != p->seen_steps) {
		p->seen_steps = n_steps;
		p->since_ms = now_ms;
		p->told = false;
	}
	if (!p->watch->waiting || p->told || now_ms < p->since_ms + p->watch->waiting_ms)
		return;
	current_step(p, &at);
	p->watch->waiting(&at, p->watch->userdata);
	p->told = true;
}

/* Return: whether there was something to read in time; -errno of poll(2) or read(2). */
static int read_pipes(struct supervise_child *p, int64_t until_ms)
{
	int64_t now_ms = util_now_ms();
	char data[16384];
	int n;

	look_at_step(p, now_ms);
	until_ms = earlier(until_ms, limit_ms(p));
	if (p->watch->waiting && !p->told)
		until_ms = earlier(until_ms, p->since_ms + p->watch->waiting_ms);
	n = poll(p->pipes, 2, until_ms <= now_ms ? 0 : (int)(until_ms - now_ms));
	if (n < 0)
		return errno == EINTR ? 1 : -errno;
	for (int i = 0; n > 0 && i < 2; i++) {
		ssize_t length;

		if (p->pipes[i].fd < 0 || !p->pipes[i].revents)
			continue;
		length = read(p->pipes[i].fd, data, sizeof(data));
		if (length < 0 && errno != EINTR)
			return -errno;
		if (length > 0)
			p->watch->output(i + 1, data, (size_t)length, p->watch->userdata);
		if (length == 0)
			close(util_steal_fd(&p->pipes[i].fd));
	}
	return n > 0;
}

/* Whether to leave the child behind. One that has claimed the end gets more time, once. */
static bool give_up(struct supervise_child *p)
{
	int64_t now_ms = util_now_ms();
	int state = RUNNING;

	look_at_step(p, now_ms);
	if (now_ms < limit_ms(p))
		return false;
	if (p->in_grace || atomic_compare_exchange_strong(&p->s->state, &state, ABANDONED))
		return true;
	p->in_grace = true;
	p->deadline_ms = now_ms + p->watch->grace_ms;
	return false;
}

int supervise_wait(struct supervise_child *child, int64_t until_ms, struct supervise_end *ret_end)
{
	int status;

	while (child->pipes[0].fd >= 0 || child->pipes[1].fd >= 0) {
		int err = read_pipes(child, until_ms);

		if (err < 0)
			return err;
		if (err > 0)
			continue;
		if (give_up(child)) {
			ret_end->pid = child->pid;
			current_step(child, &ret_end->at);
			/* What it prints from here on must not block it. */
			close_pipes(child);
			return -ETIMEDOUT;
		}
		if (util_now_ms() >= until_ms)
			return -EAGAIN;
	}
	if (waitpid(child->pid, &status, 0) != child->pid || !WIFEXITED(status))
		return -EIO;
	return WEXITSTATUS(status);
}
