/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/supervise.h"
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
	_Atomic bool reported;
	_Atomic int open_fds;
} * shared;

static char said[2][64]; /* the beginning of what the child printed on each descriptor */
static size_t n_said;    /* all of it, in bytes */
static int n_waiting;
static struct supervise_end end;

static void on_output(int fd, const char *data, size_t size, void *userdata)
{
	char *text = said[fd - 1];
	size_t used = strlen(text);

	(void)userdata;
	n_said += size;
	util_format(text + used, sizeof(said[0]) - used, "%.*s", (int)size, data);
}

static void on_step(const struct supervise_position *at, void *userdata)
{
	(void)userdata;
	fprintf(stderr, "%d %s\n", at->step, at->subject);
}

static void on_waiting(const struct supervise_position *at, void *userdata)
{
	(void)userdata;
	n_waiting++;
	util_format(said[1], sizeof(said[1]), "%d %s", at->step, at->subject);
	atomic_store(&shared->release, true);
}

/* The limits of a case that ends by itself. */
static const struct supervise_watch long_watch = { .grace_ms = 10000, .output = on_output };

static struct supervise_watch watch_for(unsigned int timeout_ms)
{
	struct supervise_watch watch = long_watch;

	watch.deadline_ms = util_now_ms() + timeout_ms;
	memset(shared, 0, sizeof(*shared));
	memset(said, 0, sizeof(said));
	n_said = 0;
	n_waiting = 0;
	return watch;
}

static int run_watched(supervise_fn fn, const struct supervise_watch *watch)
{
	struct supervise_child *child = NULL;
	int result = supervise_start(fn, NULL, watch, &child);

	if (result == 0)
		result = supervise_wait(child, INT64_MAX, &end);
	supervise_close(&child);
	return result;
}

static int run(supervise_fn fn)
{
	struct supervise_watch watch = watch_for(60000);

	return run_watched(fn, &watch);
}

/* Polls a condition; the limit is for a test that fails. */
static bool reached(_Atomic bool *condition)
{
	for (int64_t limit = util_now_ms() + 10000; util_now_ms() < limit; poll(NULL, 0, 1))
		if (atomic_load(condition))
			return true;
	return false;
}

static void block(void)
{
	while (!atomic_load(&shared->release))
		poll(NULL, 0, 1);
}

static int print(struct supervise *s, void *arg)
{
	(void)s;
	(void)arg;
	printf("one ");
	fprintf(stderr, "two ");
	printf("three");
	return 7;
}

static int print_much(struct supervise *s, void *arg)
{
	static char data[1000];

	(void)s;
	(void)arg;
	for (int i = 0; i < 1000; i++) {
		fwrite(data, 1, sizeof(data), stdout);
		fwrite(data, 1, sizeof(data), stderr);
	}
	return 0;
}

static int print_lines(struct supervise *s, void *arg)
{
	(void)s;
	(void)arg;
	printf("1\n");
	fprintf(stderr, "2\n");
	printf("3\n");
	return 0;
}

static int make_steps(struct supervise *s, void *arg)
{
	(void)arg;
	supervise_step(s, 0, 1, "a");
	supervise_step(s, 0, 2, "b");
	return 0;
}

static int die(struct supervise *s, void *arg)
{
	(void)s;
	(void)arg;
	raise(SIGKILL);
	return 0;
}

static int count_descriptors(struct supervise *s, void *arg)
{
	int n = 0;

	(void)s;
	(void)arg;
	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	atomic_store(&shared->open_fds, n);
	return 0;
}

static void ends_by_itself(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct supervise_watch watch;

	ok(run(print) == 7, "the exit status arrives");
	ok(streq(said[0], "one three") && streq(said[1], "two "), "and what the child prints");
	ok(run(print_much) == 0 && n_said == 2000000, "also much of it");
	watch = watch_for(60000);
	watch.merged = true;
	ok(run_watched(print_lines, &watch) == 0 && streq(said[0], "1\n2\n3\n"),
		"lines on both descriptors arrive in order");
	watch = watch_for(60000);
	watch.step = on_step;
	ok(run_watched(make_steps, &watch) == 0 && streq(said[1], "1 a\n2 b\n"),
		"the child tells its steps");
	ok(run(die) == -EIO, "a killed child is an error");
	ok(run(count_descriptors) == 0 && atomic_load(&shared->open_fds) == 5,
		"a child has five descriptors, none of its caller's");
	printf("# not the child's\n");
	ok(run(print) == 7 && streq(said[0], "one three"),
		"what the parent has not flushed yet is not printed by the child");
	close(fd);
}

static int never_return(struct supervise *s, void *arg)
{
	static char much[100000];

	(void)arg;
	supervise_step(s, 0, 7, "nvme");
	block();
	atomic_store(&shared->expired, supervise_expired(s));
	atomic_store(&shared->finished, supervise_finish(s));
	atomic_store(&shared->reported, supervise_report(s));
	fwrite(much, 1, sizeof(much), stdout);
	fwrite(much, 1, sizeof(much), stderr);
	atomic_store(&shared->ended, true);
	return 0;
}

static void does_not_return(void)
{
	const struct supervise_watch watch = watch_for(50);
	struct supervise_child *child = NULL;

	supervise_start(never_return, NULL, &watch, &child);
	ok(supervise_wait(child, INT64_MAX, &end) == -ETIMEDOUT, "the parent gives up");
	ok(end.at.step == 7 && streq(end.at.subject, "nvme"), "and knows the step");
	ok(kill(end.pid, 0) == 0, "and the child, which still runs");
	atomic_store(&shared->release, true);
	ok(reached(&shared->ended), "the child goes on when it can, its parent's pipes closed");
	ok(atomic_load(&shared->expired) && !atomic_load(&shared->finished) &&
			!atomic_load(&shared->reported),
		"it sees that its time is up, and may neither commit nor report");
	ok(n_said == 0, "the parent does not get what it printed late");
	waitpid(end.pid, NULL, 0);
	supervise_close(&child);
}

static int stall(struct supervise *s, void *arg)
{
	(void)arg;
	for (int i = 0; i < 10; i++) {
		supervise_step(s, 0, i, "quick");
		putchar('x');
	}
	fflush(stdout);
	supervise_step(s, 0, 10, "stuck");
	block();
	return 0;
}

static void stalls(void)
{
	struct supervise_watch watch = watch_for(60000);

	watch.stall_ms = 50;
	ok(run_watched(stall, &watch) == -ETIMEDOUT && end.at.step == 10 &&
			streq(end.at.subject, "stuck"),
		"a step that takes too long ends the wait");
	ok(n_said == 10, "what was printed before arrives");
	atomic_store(&shared->release, true);
	waitpid(end.pid, NULL, 0);
	watch = watch_for(60000);
	watch.waiting = on_waiting;
	watch.waiting_ms = 50;
	ok(run_watched(stall, &watch) == 0 && n_waiting == 1 && streq(said[1], "10 stuck"),
		"after some time in one step the parent is told, once");
}

/* Past the deadline, within the time of grace. */
static int finish_late(struct supervise *s, void *arg)
{
	(void)arg;
	atomic_store(&shared->finished, supervise_finish(s));
	while (!supervise_expired(s))
		poll(NULL, 0, 1);
	atomic_store(&shared->reported, supervise_report(s));
	printf("saved");
	return 0;
}

static int finish_and_block(struct supervise *s, void *arg)
{
	(void)arg;
	atomic_store(&shared->finished, supervise_finish(s));
	block();
	return 0;
}

static void commits(void)
{
	struct supervise_watch watch = watch_for(200);

	ok(run_watched(finish_late, &watch) == 0 && atomic_load(&shared->finished) &&
			atomic_load(&shared->reported) && streq(said[0], "saved"),
		"the parent waits past the deadline for a child that has begun to commit");
	watch = watch_for(60000);
	watch.stall_ms = 50;
	watch.grace_ms = 50;
	ok(run_watched(finish_and_block, &watch) == -ETIMEDOUT && atomic_load(&shared->finished),
		"but no longer than for another step, if a step has a limit");
	atomic_store(&shared->release, true);
	waitpid(end.pid, NULL, 0);
}

static int block_and_print(struct supervise *s, void *arg)
{
	(void)arg;
	block();
	printf("late");
	atomic_store(&shared->expired, supervise_expired(s));
	atomic_store(&shared->ended, true);
	return 0;
}

static void is_left_alone(void)
{
	struct supervise_watch watch = watch_for(60000);
	struct supervise_child *child = NULL, *other = NULL;

	supervise_start(block_and_print, NULL, &watch, &child);
	supervise_start(print, NULL, &watch, &other);
	ok(supervise_wait(child, util_now_ms() + 50, &end) == -EAGAIN && n_said == 0,
		"a child that is at work is left alone");
	ok(supervise_wait(other, INT64_MAX, &end) == 7 && streq(said[0], "one three"),
		"another child is waited for meanwhile");
	atomic_store(&shared->release, true);
	reached(&shared->ended);
	ok(supervise_wait(child, INT64_MAX, &end) == 0 && streq(said[0], "one threelate"),
		"what a child prints while nobody waits arrives later");
	supervise_close(&child);
	supervise_close(&other);

	watch = watch_for(50);
	supervise_start(block_and_print, NULL, &watch, &child);
	while (util_now_ms() < watch.deadline_ms)
		poll(NULL, 0, 1);
	ok(supervise_wait(child, INT64_MAX, &end) == -ETIMEDOUT,
		"its deadline passes all the same");
	atomic_store(&shared->release, true);
	waitpid(end.pid, NULL, 0);
	ok(atomic_load(&shared->expired), "and it knows");
	supervise_close(&child);
}

int main(void)
{
	shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ends_by_itself();
	does_not_return();
	stalls();
	commits();
	is_left_alone();
	return test_end();
}
