/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Owns the pipe, the shared page and the process of a child with a deadline. Must not know what the
 * child does.
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
#define WAITING_MS 2000
/* After this many reads, each further one gives the child time to write more. */
#define MANY_READS 16
#define PAUSE_NS 200000

/* The first one to leave RUNNING decides: the child claims the end, or the parent gives up. */
enum { RUNNING, FINISHING, ABANDONED };

enum { RECORD_DATA, RECORD_STEP };

/* The page that parent and child share. */
struct bounded {
	_Atomic int state;
	_Atomic unsigned int n_steps;
	struct bounded_position
		slot[2]; /* n_steps % 2 is the current one; the child writes the other */
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

	if (bounded_expired(b))
		return false;
	return atomic_compare_exchange_strong(&b->state, &expected, FINISHING);
}

/* Without /dev/null, the child runs with descriptors 0 to 2 closed. */
static void detach_standard_streams(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd < 3; fd++) {
		if (null < 0)
			close(fd);
		else
			dup2(null, fd);
	}
}

static void become_child(struct bounded *b, int pipe_fd)
{
	setsid();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	umask(022);
	if (chdir("/") < 0)
		_exit(1);
	/* main() opens descriptors 0 to 2, so that the pipe is 3 or above. */
	detach_standard_streams();
	if (pipe_fd != 3)
		dup3(pipe_fd, 3, O_CLOEXEC);
	util_close_from(4);
	b->fd = 3;
}

/* --- the parent --- */

struct bounded_child {
	struct bounded *b;
	const struct bounded_limits *limits;
	const struct bounded_watch *watch;
	int fd;
	pid_t pid;
	int64_t deadline_ms;
	bool in_grace;           /* the child has claimed the end, and a limit has passed since */
	unsigned int seen_steps; /* b->n_steps at since_ms */
	int64_t since_ms;
	bool told; /* watch->waiting() was called for the current step */
	char buf[2 * (sizeof(struct header) + BOUNDED_RECORD_MAX)];
	size_t used;
};

static void current_step(const struct bounded_child *p, struct bounded_position *ret)
{
	*ret = p->b->slot[atomic_load(&p->b->n_steps) % 2];
	ret->subject[BOUNDED_SUBJECT_MAX - 1] = '\0';
}

static void deliver_record(
	const struct bounded_watch *watch, const struct header *header, const char *data)
{
	struct bounded_position at;

	if (header->type == RECORD_DATA && watch->record)
		watch->record(data, header->size, watch->userdata);
	if (header->type != RECORD_STEP || !watch->step)
		return;
	memcpy(&at, data, sizeof(at));
	watch->step(&at, watch->userdata);
}

/* Delivers the whole records of the buffer, and keeps the rest. */
static void deliver(struct bounded_child *p)
{
	size_t at = 0;

	while (p->used - at >= sizeof(struct header)) {
		struct header header;
		size_t size;

		memcpy(&header, p->buf + at, sizeof(header));
		size = sizeof(header) + header.size;
		if (p->used - at < size)
			break;
		deliver_record(p->watch, &header, p->buf + at + sizeof(header));
		at += size;
	}
	p->used -= at;
	memmove(p->buf, p->buf + at, p->used);
}

/* Notes the time if the child has gone on to another step. */
static void note_step(struct bounded_child *p, int64_t now_ms)
{
	unsigned int n_steps = atomic_load(&p->b->n_steps);

	if (n_steps == p->seen_steps)
		return;
	p->seen_steps = n_steps;
	p->since_ms = now_ms;
	p->told = false;
}

/* When the current step has taken too long; INT64_MAX if it may take any time. */
static int64_t stall_limit_ms(const struct bounded_child *p)
{
	if (!p->limits->stall_ms || p->in_grace)
		return INT64_MAX;
	return p->since_ms + p->limits->stall_ms;
}

static void tell_waiting(struct bounded_child *p, int64_t now_ms)
{
	struct bounded_position at;

	if (!p->watch->waiting || p->told || now_ms < p->since_ms + WAITING_MS)
		return;
	current_step(p, &at);
	p->watch->waiting(&at, p->watch->userdata);
	p->told = true;
}

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
	return a_ms < b_ms ? a_ms : b_ms;
}

/* How long until the next thing to decide, at least 0. */
static int next_wait_ms(const struct bounded_child *p, int64_t now_ms, int64_t until_ms)
{
	until_ms = earlier(until_ms, earlier(p->deadline_ms, stall_limit_ms(p)));
	if (p->watch->waiting && !p->told)
		until_ms = earlier(until_ms, p->since_ms + WAITING_MS);
	return until_ms <= now_ms ? 0 : (int)(until_ms - now_ms);
}

/* Return: whether there is something to read, or -errno of poll(2). */
static int wait_for_data(struct bounded_child *p, int64_t until_ms)
{
	struct pollfd pollfd = { .fd = p->fd, .events = POLLIN };
	int64_t now_ms = util_now_ms();
	int n;

	note_step(p, now_ms);
	tell_waiting(p, now_ms);
	n = poll(&pollfd, 1, next_wait_ms(p, now_ms, until_ms));
	if (n < 0 && errno != EINTR)
		return -errno;
	return n > 0;
}

/* Whether to leave the child behind. One that has claimed the end gets more time, once. */
static bool give_up(struct bounded_child *p)
{
	int64_t now_ms = util_now_ms();
	int expected = RUNNING;

	note_step(p, now_ms);
	if (now_ms < earlier(p->deadline_ms, stall_limit_ms(p)))
		return false;
	if (p->in_grace || atomic_compare_exchange_strong(&p->b->state, &expected, ABANDONED))
		return true;
	p->in_grace = true;
	p->deadline_ms = now_ms + GRACE_MS;
	return false;
}

/* Return: whether there may be more, -EOVERFLOW, or -errno of read(2). */
static int read_records(struct bounded_child *p)
{
	ssize_t n;

	/* No record is so long; _FORTIFY_SOURCE=3 does not know. */
	if (p->used > sizeof(p->buf))
		return -EOVERFLOW;
	n = read(p->fd, p->buf + p->used, sizeof(p->buf) - p->used);
	if (n < 0)
		return errno == EINTR ? 1 : -errno;
	p->used += (size_t)n;
	deliver(p);
	return n > 0;
}

static int watch_child(struct bounded_child *p, int64_t until_ms)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	unsigned int n_reads = 0;

	for (;;) {
		int more, ready = wait_for_data(p, until_ms);

		if (ready < 0)
			return ready;
		if (ready == 0) {
			if (give_up(p))
				return -ETIMEDOUT;
			if (util_now_ms() >= until_ms)
				return -EAGAIN;
			continue;
		}
		more = read_records(p);
		if (more <= 0)
			return more;
		/* To wake up for each of a thousand records takes as long as to send them. */
		if (++n_reads > MANY_READS)
			nanosleep(&pause, NULL);
	}
}

static struct bounded *map_shared(const struct bounded_limits *limits, bool trace)
{
	struct bounded *b =
		mmap(NULL, sizeof(*b), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (b == MAP_FAILED)
		return NULL;
	b->deadline_ms = limits->deadline_ms;
	b->trace = trace;
	return b;
}

static int start_child(struct bounded_child *p, bounded_fn fn, void *arg)
{
	CLEANUP_CLOSE int read_fd = -1, write_fd = -1;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	read_fd = fds[0];
	write_fd = fds[1];
	p->pid = fork();
	if (p->pid < 0)
		return -errno;
	if (p->pid == 0) {
		become_child(p->b, write_fd);
		fn(p->b, arg);
		_exit(0);
	}
	p->fd = util_steal_fd(&read_fd);
	return 0;
}

void bounded_close(struct bounded_child **child)
{
	struct bounded_child *p = *child;

	if (!p)
		return;
	if (p->b)
		munmap(p->b, sizeof(*p->b));
	util_closep(&p->fd);
	free(p);
	*child = NULL;
}

/* Return: 0 or -errno. The caller closes @p in any case. */
static int start(struct bounded_child *p, bounded_fn fn, void *arg)
{
	p->b = map_shared(p->limits, p->watch->trace);
	if (!p->b)
		return -errno;
	p->deadline_ms = p->limits->deadline_ms;
	p->since_ms = util_now_ms();
	return start_child(p, fn, arg);
}

int bounded_start(bounded_fn fn, void *arg, const struct bounded_limits *limits,
	const struct bounded_watch *watch, struct bounded_child **ret_child)
{
	struct bounded_child *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return -ENOMEM;
	p->limits = limits;
	p->watch = watch;
	p->fd = -1;
	err = start(p, fn, arg);
	if (err < 0)
		bounded_close(&p);
	*ret_child = p;
	return err;
}

int bounded_wait(struct bounded_child *child, int64_t until_ms, struct bounded_end *ret_end)
{
	int status, err = watch_child(child, until_ms);

	if (err == -EAGAIN)
		return err;
	close(util_steal_fd(&child->fd));
	if (err == -ETIMEDOUT) {
		ret_end->pid = child->pid;
		current_step(child, &ret_end->at);
		return err;
	}
	if (waitpid(child->pid, &status, 0) == child->pid && WIFSIGNALED(status))
		return -EIO;
	return err;
}

int bounded_run(bounded_fn fn, void *arg, const struct bounded_limits *limits,
	const struct bounded_watch *watch, struct bounded_end *ret_end)
{
	CLEANUP(bounded_close) struct bounded_child *child = NULL;
	int err = bounded_start(fn, arg, limits, watch, &child);

	return err < 0 ? err : bounded_wait(child, INT64_MAX, ret_end);
}
