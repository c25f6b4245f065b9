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

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HELD_MAX 16

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

static void read_operation(const struct seccomp_notif *notif, struct operation *ret)
{
	const struct seccomp_data *data = &notif->data;
	const struct call *call = find_call(data->nr);
	uint64_t size = data->args[2] + 1;

	if (size > TEXT_MAX)
		size = TEXT_MAX;
	ret->call = call;
	ret->text[0] = '\0';
	watch_find_path(notif, call->dir, call->path, ret->path);
	rule_resolve(ret->path);
	if (strcmp(call->operation, "write") == 0)
		watch_read_text((pid_t)notif->pid, data->args[1], ret->text, (size_t)size);
	ret->writes = is_open_for_writing(data, call);
}

/* --- what becomes of it --- */

static void hold(uint64_t id, int delay_ms)
{
	if (n_held == HELD_MAX)
		usage("too many calls wait");
	held[n_held++] = (struct held){ .id = id, .due_ms = now_ms() + delay_ms };
}

/* Return: how it ends, for the report. */
static const char *apply(const struct rule *rule, const struct seccomp_notif *call)
{
	/* NOLINTNEXTLINE(cert-env33-c): it is the test's own command */
	if (rule->command && system(rule->command) != 0)
		broken(rule->command);
	if (rule->kills) {
		kill((pid_t)call->pid, SIGKILL);
		return "killed";
	}
	if (rule->error) {
		watch_return(call->id, rule->error, 0);
		return strerrorname_np(rule->error);
	}
	if (rule->returns) {
		watch_return(call->id, 0, rule->value);
		return "returned";
	}
	if (rule->delay_ms) {
		hold(call->id, rule->delay_ms);
		return "late";
	}
	watch_let_go_on(call->id);
	return "done";
}

static void on_call(const struct seccomp_notif *call)
{
	struct operation operation;
	const struct rule *rule;
	const char *end = "done";
	bool named;

	read_operation(call, &operation);
	rule = rules_find(&operation, &named);
	if (rule)
		end = apply(rule, call);
	else
		watch_let_go_on(call->id);
	if (named)
		fprintf(report, "%s %s: %s\n", operation.call->operation, operation.path, end);
}

/* Return: the milliseconds until the next call is due, -1 if none waits. */
static int let_due_ones_go(void)
{
	long long now = now_ms(), next = -1;
	size_t kept = 0;

	for (size_t i = 0; i < n_held; i++) {
		long long left = held[i].due_ms - now;

		if (left <= 0) {
			watch_let_go_on(held[i].id);
			continue;
		}
		held[kept++] = held[i];
		if (next < 0 || left < next)
			next = left;
	}
	n_held = kept;
	return (int)next;
}

int main(int argc, char *argv[])
{
	int numbers[CALLS_MAX], result;
	struct watch watch = { .numbers = numbers, .on_call = on_call, .wait_ms = let_due_ones_go };
	char **command;

	if (argc < 3)
		usage("no rule");
	command = rules_read(argv + 2);
	report = fopen(argv[1], "we");
	if (!report)
		broken(argv[1]);
	for (size_t i = 0; i < n_calls; i++) {
		if (rules_need(&calls[i]))
			numbers[watch.n_numbers++] = calls[i].nr;
	}
	result = watch_run(&watch, command);
	rules_report_unmet(report);
	fclose(report);
	return result;
}
