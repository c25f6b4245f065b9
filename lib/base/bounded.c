/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The forked child with a deadline. Owns the pipe, the shared page and the child's process state;
 * knows nothing of what is done in it.
 */
#include "base/bounded.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define GRACE_MS 2000
/* After so many reads the child is let go ahead for so long. */
#define MANY_READS 16
#define PAUSE_NS 200000
#define WAITING_MS 2000

enum { RUNNING, FINISHING, ABANDONED };

enum { RECORD_DATA, RECORD_STEP };

/* The page that both share. The child writes the slot that the parent does not look at. */
struct bounded {
	_Atomic int state;
	_Atomic unsigned int n_steps;
	struct bounded_position slot[2];
	int64_t deadline_ms;
	int fd;
	bool trace;
};

struct header {
	uint32_t type;
	uint32_t size;
};

/* --- the child --- */

static void write_all(int fd, const void *data, size_t size)
{
	const char *p = data;

	while (size > 0) {
		ssize_t n = write(fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		p += n;
		size -= (size_t)n;
	}
}

static void send_record(struct bounded *b, uint32_t type, const void *data, size_t size)
{
	char buf[sizeof(struct header) + BOUNDED_RECORD_MAX];
	struct header header = { .type = type, .size = (uint32_t)size };

	if (size > BOUNDED_RECORD_MAX)
		return;
	memcpy(buf, &header, sizeof(header));
	memcpy(buf + sizeof(header), data, size);
	write_all(b->fd, buf, sizeof(header) + size);
}

void bounded_send(struct bounded *b, const void *data, size_t size)
{
	send_record(b, RECORD_DATA, data, size);
}

void bounded_step(struct bounded *b, size_t item, int step, const char *subject)
{
	unsigned int next = atomic_load(&b->n_steps) + 1;
	struct bounded_position *at = &b->slot[next % 2];

	at->item = item;
	at->step = step;
	util_format(at->subject, sizeof(at->subject), "%s", subject);
	atomic_store(&b->n_steps, next);
	if (b->trace)
		send_record(b, RECORD_STEP, at, sizeof(*at));
}

bool bounded_expired(const struct bounded *b)
{
	return atomic_load(&b->state) == ABANDONED || util_now_ms() >= b->deadline_ms;
}

bool bounded_finish(struct bounded *b)
{
	int expected = RUNNING;

	return !bounded_expired(b) &&
	       atomic_compare_exchange_strong(&b->state, &expected, FINISHING);
}

static _Noreturn void child(struct bounded *b, int fd, bounded_fn fn, void *arg)
{
	int null;

	setsid();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	umask(022);
	if (chdir("/") < 0)
		_exit(1);
	/* Descriptors 0 to 2 are open (main() sees to it), so the pipe is 3 or above. */
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int i = 0; i < 3; i++)
		if (null < 0)
			close(i);
		else
			dup2(null, i);
	if (fd != 3)
		dup3(fd, 3, O_CLOEXEC);
	util_close_from(4);
	b->fd = 3;
	fn(b, arg);
	_exit(0);
}

/* --- the parent --- */

struct parent {
	struct bounded *b;
	const struct bounded_limits *limits;
	const struct bounded_watch *watch;
	int fd;
	pid_t pid;
	unsigned int seen_steps; /* b->n_steps at since_ms */
	int64_t since_ms;
	bool told;
	char buf[2 * (sizeof(struct header) + BOUNDED_RECORD_MAX)];
	size_t used;
};

static void current_step(struct parent *p, struct bounded_position *ret)
{
	*ret = p->b->slot[atomic_load(&p->b->n_steps) % 2];
	ret->subject[BOUNDED_SUBJECT_MAX - 1] = '\0';
}

static void deliver(struct parent *p)
{
	const struct bounded_watch *watch = p->watch;
	size_t at = 0;

	while (p->used - at >= sizeof(struct header)) {
		struct header header;
		const char *data = p->buf + at + sizeof(header);

		memcpy(&header, p->buf + at, sizeof(header));
		if (p->used - at < sizeof(header) + header.size)
			break;
		if (header.type == RECORD_STEP && watch->step) {
			struct bounded_position at_step;

			memcpy(&at_step, data, sizeof(at_step));
			watch->step(&at_step, watch->userdata);
		} else if (header.type == RECORD_DATA && watch->record) {
			watch->record(data, header.size, watch->userdata);
		}
		at += sizeof(header) + header.size;
	}
	p->used -= at;
	memmove(p->buf, p->buf + at, p->used);
}

/* The time at which something must be decided, in milliseconds from now; at least 0. */
static int next_wait_ms(struct parent *p, int64_t deadline_ms, int64_t now_ms)
{
	int64_t until_ms = deadline_ms;
	unsigned int steps = atomic_load(&p->b->n_steps);

	if (steps != p->seen_steps) {
		p->seen_steps = steps;
		p->since_ms = now_ms;
		p->told = false;
	}
	if (p->limits->stall_ms && p->since_ms + p->limits->stall_ms < until_ms)
		until_ms = p->since_ms + p->limits->stall_ms;
	if (p->watch->waiting && !p->told) {
		if (now_ms >= p->since_ms + WAITING_MS) {
			struct bounded_position at;

			current_step(p, &at);
			p->watch->waiting(&at, p->watch->userdata);
			p->told = true;
		} else if (p->since_ms + WAITING_MS < until_ms) {
			until_ms = p->since_ms + WAITING_MS;
		}
	}
	return until_ms <= now_ms ? 0 : (int)(until_ms - now_ms);
}

/* Whether the limit that has just passed ends the wait. A child that has claimed the end gets the
 * grace period, once. */
static bool give_up(struct parent *p, int64_t *deadline_ms, int64_t now_ms)
{
	int expected = RUNNING;

	if (now_ms < *deadline_ms &&
		!(p->limits->stall_ms && now_ms >= p->since_ms + p->limits->stall_ms))
		return false;
	if (atomic_compare_exchange_strong(&p->b->state, &expected, ABANDONED))
		return true;
	if (*deadline_ms > p->limits->deadline_ms)
		return true;
	*deadline_ms = now_ms + GRACE_MS;
	return false;
}

static int watch_child(struct parent *p)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	int64_t deadline_ms = p->limits->deadline_ms;
	unsigned int n_reads = 0;

	for (;;) {
		struct pollfd pollfd = { .fd = p->fd, .events = POLLIN };
		int wait_ms = next_wait_ms(p, deadline_ms, util_now_ms());
		int ready = poll(&pollfd, 1, wait_ms);
		ssize_t n;

		if (ready < 0 && errno != EINTR)
			return -errno;
		if (ready <= 0) {
			int64_t now_ms = util_now_ms();
			bool moved = atomic_load(&p->b->n_steps) != p->seen_steps;

			if ((!moved || now_ms >= deadline_ms) && give_up(p, &deadline_ms, now_ms))
				return -ETIMEDOUT;
			continue;
		}
		n = read(p->fd, p->buf + p->used, sizeof(p->buf) - p->used);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return 0;
		if (n > 0) {
			p->used += (size_t)n;
			deliver(p);
		}
		/* To be woken for each of a thousand records takes as long as they do. */
		if (++n_reads > MANY_READS)
			nanosleep(&pause, NULL);
	}
}

int bounded_run(bounded_fn fn, void *arg, const struct bounded_limits *limits,
	const struct bounded_watch *watch, struct bounded_end *ret_end)
{
	struct parent p = { .limits = limits, .watch = watch, .since_ms = util_now_ms() };
	int fds[2], status = 0, err;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	p.b = mmap(NULL, sizeof(*p.b), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p.b == MAP_FAILED) {
		err = -errno;
		goto close_pipe;
	}
	p.b->deadline_ms = limits->deadline_ms;
	p.b->trace = watch->trace;
	p.pid = fork();
	if (p.pid < 0) {
		err = -errno;
		goto unmap;
	}
	if (p.pid == 0)
		child(p.b, fds[1], fn, arg);
	close(fds[1]);
	fds[1] = -1;
	p.fd = fds[0];
	err = watch_child(&p);
	if (err == -ETIMEDOUT) {
		ret_end->pid = p.pid;
		current_step(&p, &ret_end->at);
	} else if (waitpid(p.pid, &status, 0) == p.pid && WIFSIGNALED(status)) {
		err = -EIO;
	}
unmap:
	munmap(p.b, sizeof(*p.b));
close_pipe:
	close(fds[0]);
	if (fds[1] >= 0)
		close(fds[1]);
	return err;
}
