/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/bounded.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

/* What parent and child of a case share beside the library's own page. */
static struct shared {
	_Atomic bool release; /* lets a child go on that "blocks" */
	_Atomic bool ended;
	_Atomic bool expired;
	_Atomic bool finished;
	_Atomic int open_fds;
} * shared;

static char received[4096];
static int n_records, n_steps, n_waiting;

static void on_record(const void *data, size_t size, void *userdata)
{
	(void)userdata;
	n_records++;
	util_format(received, sizeof(received), "%.*s", (int)size, (const char *)data);
}

static void on_step(const struct bounded_position *at, void *userdata)
{
	(void)userdata;
	n_steps++;
	util_format(received, sizeof(received), "%d %s", at->step, at->subject);
}

static void on_waiting(const struct bounded_position *at, void *userdata)
{
	(void)userdata;
	n_waiting++;
	util_format(received, sizeof(received), "%d %s", at->step, at->subject);
	atomic_store(&shared->release, true);
}

static int run(bounded_fn fn, unsigned int timeout_ms, unsigned int stall_ms, bool trace,
	struct bounded_end *end)
{
	struct bounded_limits limits = { util_now_ms() + timeout_ms, stall_ms };
	struct bounded_watch watch = { on_record, on_step, on_waiting, NULL, trace };

	memset(shared, 0, sizeof(*shared));
	n_records = n_steps = n_waiting = 0;
	received[0] = '\0';
	return bounded_run(fn, NULL, &limits, &watch, end);
}

/* Polls a condition; the limit is for a test that fails. */
static bool reached(_Atomic bool *condition)
{
	for (int64_t limit = util_now_ms() + 10000; util_now_ms() < limit; poll(NULL, 0, 5))
		if (atomic_load(condition))
			return true;
	return false;
}

static void block(void)
{
	while (!atomic_load(&shared->release))
		poll(NULL, 0, 5);
}

static void send_three(struct bounded *b, void *arg)
{
	(void)arg;
	bounded_send(b, "one", 3);
	bounded_send(b, "two", 3);
	bounded_send(b, "three", 5);
}

static void send_much(struct bounded *b, void *arg)
{
	static char data[BOUNDED_RECORD_MAX];

	(void)arg;
	for (int i = 0; i < 300; i++)
		bounded_send(b, data, sizeof(data));
}

static void trace_steps(struct bounded *b, void *arg)
{
	(void)arg;
	bounded_step(b, 0, 1, "a");
	bounded_step(b, 0, 2, "b");
}

static void never_return(struct bounded *b, void *arg)
{
	(void)arg;
	bounded_step(b, 0, 7, "nvme");
	block();
	atomic_store(&shared->expired, bounded_expired(b));
	atomic_store(&shared->finished, bounded_finish(b));
	bounded_send(b, "late", 4);
	atomic_store(&shared->ended, true);
}

static void stall(struct bounded *b, void *arg)
{
	(void)arg;
	for (int i = 0; i < 10; i++) {
		bounded_step(b, 0, i, "quick");
		bounded_send(b, "x", 1);
	}
	bounded_step(b, 0, 10, "stuck");
	block();
	atomic_store(&shared->ended, true);
}

static void die(struct bounded *b, void *arg)
{
	(void)b;
	(void)arg;
	raise(SIGKILL);
}

static void finish_late(struct bounded *b, void *arg)
{
	(void)arg;
	atomic_store(&shared->finished, bounded_finish(b));
	/* Past the deadline, within the two seconds of grace. */
	poll(NULL, 0, 1500);
	bounded_send(b, "saved", 5);
}

static void finish_and_block(struct bounded *b, void *arg)
{
	(void)arg;
	atomic_store(&shared->finished, bounded_finish(b));
	/* on_waiting() must not end this one. */
	while (!atomic_load(&shared->ended))
		poll(NULL, 0, 5);
}

static void count_descriptors(struct bounded *b, void *arg)
{
	int n = 0;

	(void)arg;
	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	atomic_store(&shared->open_fds, n);
	bounded_send(b, "counted", 7);
}

static void ends_by_itself(struct bounded_end *end)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	ok(run(send_three, 10000, 0, false, end) == 0 && n_records == 3 && streq(received, "three"),
		"records arrive, in order");
	ok(run(send_much, 10000, 0, false, end) == 0 && n_records == 300,
		"300 records of the largest size");
	ok(run(trace_steps, 10000, 0, true, end) == 0 && n_steps == 2 && streq(received, "2 b"),
		"traced steps arrive");
	ok(run(trace_steps, 10000, 0, false, end) == 0 && n_steps == 0, "other steps do not");
	ok(run(die, 10000, 0, false, end) == -EIO, "a killed child is an error");
	ok(run(count_descriptors, 10000, 0, false, end) == 0 && atomic_load(&shared->open_fds) == 4,
		"a child has four descriptors, none of its caller's");
	close(fd);
}

static void does_not_return(struct bounded_end *end)
{
	int err = run(never_return, 1000, 0, false, end);

	ok(err == -ETIMEDOUT, "the parent gives up");
	ok(end->at.step == 7 && streq(end->at.subject, "nvme"), "and knows the step");
	ok(kill(end->pid, 0) == 0, "and the child, which still runs");
	atomic_store(&shared->release, true);
	ok(reached(&shared->ended), "the child goes on when it can, its parent's pipe closed");
	ok(atomic_load(&shared->expired) && !atomic_load(&shared->finished),
		"it sees that its time is up, and may not commit");
	ok(n_records == 0, "the parent does not get what it sent late");
	waitpid(end->pid, NULL, 0);
}

static void stalls(struct bounded_end *end)
{
	int err = run(stall, 30000, 500, false, end);

	ok(err == -ETIMEDOUT && end->at.step == 10 && streq(end->at.subject, "stuck"),
		"a step that takes too long ends the wait");
	ok(n_records == 10, "records from before arrive");
	atomic_store(&shared->release, true);
	waitpid(end->pid, NULL, 0);
	ok(run(stall, 30000, 0, false, end) == 0 && n_waiting == 1 && streq(received, "10 stuck"),
		"after two seconds in one step the parent is told, once");
}

static void commits(struct bounded_end *end)
{
	int64_t start_ms;

	ok(run(finish_late, 1000, 0, false, end) == 0 && atomic_load(&shared->finished) &&
			streq(received, "saved"),
		"the parent waits past the deadline for a child that has begun to commit");
	start_ms = util_now_ms();
	ok(run(finish_and_block, 20000, 500, false, end) == -ETIMEDOUT &&
			util_now_ms() - start_ms < 10000,
		"but no longer than for another step, if a step has a limit");
	atomic_store(&shared->ended, true);
	waitpid(end->pid, NULL, 0);
}

static void block_and_send(struct bounded *b, void *arg)
{
	(void)arg;
	block();
	bounded_send(b, "late", 4);
	atomic_store(&shared->expired, bounded_expired(b));
	atomic_store(&shared->ended, true);
}

static void is_left_alone(struct bounded_end *end)
{
	struct bounded_limits limits = { util_now_ms() + 30000, 0 };
	const struct bounded_watch watch = { on_record, NULL, NULL, NULL, false };
	struct bounded_child *child = NULL, *other = NULL;

	memset(shared, 0, sizeof(*shared));
	n_records = 0;
	bounded_start(block_and_send, NULL, &limits, &watch, &child);
	bounded_start(send_three, NULL, &limits, &watch, &other);
	ok(bounded_wait(child, util_now_ms() + 50, end) == -EAGAIN && n_records == 0,
		"a child that is at work is left alone");
	ok(bounded_wait(other, INT64_MAX, end) == 0 && n_records == 3,
		"another child is waited for meanwhile");
	atomic_store(&shared->release, true);
	reached(&shared->ended);
	ok(bounded_wait(child, INT64_MAX, end) == 0 && streq(received, "late"),
		"what a child sends while nobody waits arrives later");
	bounded_close(&child);
	bounded_close(&other);

	memset(shared, 0, sizeof(*shared));
	limits.deadline_ms = util_now_ms() + 50;
	bounded_start(block_and_send, NULL, &limits, &watch, &child);
	while (util_now_ms() < limits.deadline_ms)
		poll(NULL, 0, 5);
	ok(bounded_wait(child, INT64_MAX, end) == -ETIMEDOUT, "its deadline passes all the same");
	atomic_store(&shared->release, true);
	waitpid(end->pid, NULL, 0);
	ok(atomic_load(&shared->expired), "and it knows");
	bounded_close(&child);
}

int main(void)
{
	struct bounded_end end;

	shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ends_by_itself(&end);
	does_not_return(&end);
	stalls(&end);
	commits(&end);
	is_left_alone(&end);
	return test_end();
}
