// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reads the rules of faulty, and knows which of them apply. It touches no process. */
#include "rule.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#define NONE (-1)

static struct rule rules[RULES_MAX];
static size_t n_rules;

const struct call calls[] = {
#ifdef SYS_open /* Newer architectures have only the calls that take a directory. */
	{ SYS_open, "open", NONE, 0 },
	{ SYS_creat, "open", NONE, 0 },
	{ SYS_stat, "stat", NONE, 0 },
	{ SYS_lstat, "stat", NONE, 0 },
	{ SYS_access, "access", NONE, 0 },
	{ SYS_readlink, "readlink", NONE, 0 },
	{ SYS_mkdir, "mkdir", NONE, 0 },
	{ SYS_rename, "rename", NONE, 0 },
	{ SYS_unlink, "unlink", NONE, 0 },
	{ SYS_rmdir, "unlink", NONE, 0 },
#endif
	{ SYS_openat, "open", 0, 1 },
	{ SYS_openat2, "open", 0, 1 },
	{ SYS_read, "read", 0, NONE },
	{ SYS_readv, "read", 0, NONE },
	{ SYS_pread64, "read", 0, NONE },
	{ SYS_write, "write", 0, NONE },
	{ SYS_pwrite64, "write", 0, NONE },
	{ SYS_getdents64, "list", 0, NONE },
	{ SYS_fstat, "stat", 0, NONE },
	{ SYS_newfstatat, "stat", 0, 1 },
	{ SYS_statx, "stat", 0, 1 },
	{ SYS_faccessat, "access", 0, 1 },
	{ SYS_faccessat2, "access", 0, 1 },
	{ SYS_readlinkat, "readlink", 0, 1 },
	{ SYS_mkdirat, "mkdir", 0, 1 },
	{ SYS_renameat, "rename", 0, 1 },
	{ SYS_renameat2, "rename", 0, 1 },
	{ SYS_unlinkat, "unlink", 0, 1 },
	{ SYS_fsync, "sync", 0, NONE },
	{ SYS_fdatasync, "sync", 0, NONE },
	{ SYS_ftruncate, "truncate", 0, NONE },
	{ SYS_flock, "lock", 0, NONE },
};
const size_t n_calls = sizeof(calls) / sizeof(*calls);
_Static_assert(sizeof(calls) / sizeof(*calls) <= CALLS_MAX, "more calls");

_Noreturn void usage(const char *what)
{
	fprintf(stderr,
		"faulty: %s; usage: faulty LOG RULE PATH [[--then] RULE PATH]... -- COMMAND...\n",
		what);
	exit(BROKEN);
}

void rule_resolve(char path[PATH_MAX])
{
	char *last = strrchr(path, '/'), directory[PATH_MAX], real[PATH_MAX], *resolved;

	if (path[0] != '/' || last == path)
		return;
	snprintf(directory, sizeof(directory), "%.*s", (int)(last - path), path);
	if (!realpath(directory, real) || asprintf(&resolved, "%s%s", real, last) < 0)
		return;
	snprintf(path, PATH_MAX, "%s", resolved);
	free(resolved);
}

static int error_number(const char *name)
{
	for (int error = 1; error < 134; error++) {
		const char *known = strerrorname_np(error);

		if (known && strcmp(known, name) == 0)
			return error;
	}
	usage(name);
}

static const char *known_operation(const char *name)
{
	for (size_t i = 0; i < n_calls; i++) {
		if (strcmp(calls[i].operation, name) == 0)
			return calls[i].operation;
	}
	usage(name);
}

static long long number(const char *text)
{
	char *end;
	long long value = strtoll(text, &end, 10);

	if (end == text || *end)
		usage(text);
	return value;
}

/* A word with a value. */
static void read_setting(struct rule *rule, const char *name, const char *value)
{
	if (strcmp(name, "text") == 0) {
		rule->text = value;
	} else if (strcmp(name, "error") == 0) {
		rule->error = error_number(value);
	} else if (strcmp(name, "delay") == 0) {
		rule->delay_ms = (int)number(value);
	} else if (strcmp(name, "return") == 0) {
		rule->returns = true;
		rule->value = number(value);
	} else {
		usage(name);
	}
}

static void read_word(struct rule *rule, char *word)
{
	char *value = strchr(word, '=');

	if (value) {
		*value = '\0';
		read_setting(rule, word, value + 1);
	} else if (strcmp(word, "writing") == 0) {
		rule->writing = true;
	} else if (strcmp(word, "once") == 0) {
		rule->once = true;
	} else if (strcmp(word, "kill") == 0) {
		rule->kills = true;
	} else {
		usage(word);
	}
}

static void read_rule(const char *text, const char *path, bool follows)
{
	struct rule *rule = &rules[n_rules++];
	char *rest = strdup(text);

	if (!rest)
		broken("strdup");
	rule->words = rest;
	rule->name = text;
	snprintf(rule->path, sizeof(rule->path), "%s", path);
	rule_resolve(rule->path);
	rule->follows = follows;
	rule->operation = known_operation(strsep(&rest, ":"));
	while (rest && strncmp(rest, "do=", 3) != 0)
		read_word(rule, strsep(&rest, ":"));
	if (rest)
		rule->command = rest + 3;
}

char **rules_read(char **argument)
{
	while (*argument && strcmp(*argument, "--") != 0) {
		bool follows = n_rules > 0 && strcmp(*argument, "--then") == 0;

		argument += follows;
		if (!argument[0] || !argument[1] || n_rules == RULES_MAX)
			usage("bad rule");
		read_rule(argument[0], argument[1], follows);
		argument += 2;
	}
	if (!argument[0] || !argument[1])
		usage("no command");
	return argument + 1;
}

static bool acts(const struct rule *rule)
{
	return rule->error || rule->returns || rule->delay_ms || rule->kills || rule->command;
}

static bool is_path(const struct rule *rule, const char *path)
{
	size_t length = strlen(path), end = strlen(rule->path);

	if (length < end || strcmp(path + length - end, rule->path) != 0)
		return false;
	return length == end || path[length - end - 1] == '/';
}

static bool is_text(const struct rule *rule, const char *written)
{
	size_t length = strcspn(written, "\n");

	if (!rule->text)
		return true;
	return strlen(rule->text) == length && strncmp(rule->text, written, length) == 0;
}

static bool is_due(const struct rule *rule)
{
	if (rule->once && rule->met)
		return false;
	return !rule->follows || rule[-1].met;
}

static bool is_named(const struct rule *rule, const struct operation *operation)
{
	if (strcmp(rule->operation, operation->call->operation) != 0)
		return false;
	if (rule->writing && !operation->writes)
		return false;
	return is_path(rule, operation->path) && is_text(rule, operation->text);
}

bool rules_need(const struct call *call)
{
	for (size_t i = 0; i < n_rules; i++) {
		if (strcmp(rules[i].operation, call->operation) == 0)
			return true;
	}
	return false;
}

const struct rule *rules_find(const struct operation *operation, bool *ret_named)
{
	const struct rule *found = NULL;
	bool met[RULES_MAX] = { false };

	*ret_named = false;
	for (size_t i = 0; i < n_rules; i++) {
		const struct rule *rule = &rules[i];

		if (!is_named(rule, operation))
			continue;
		*ret_named = true;
		if (!is_due(rule) || (found && acts(rule)))
			continue;
		met[i] = true;
		if (acts(rule))
			found = rule;
	}
	/* Not before now: a rule that follows does not apply to the same operation. */
	for (size_t i = 0; i < n_rules; i++)
		rules[i].met |= met[i];
	return found;
}

void rules_report_unmet(FILE *report)
{
	for (size_t i = 0; i < n_rules; i++) {
		if (!rules[i].met)
			fprintf(report, "not met: %s %s\n", rules[i].name, rules[i].path);
	}
}
