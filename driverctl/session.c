/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session.h"

#include "base/util.h"

#define VARIABLE "SSH_CONNECTION="

/* A shell in a terminal in an editor in a shell ... */
#define ANCESTORS_MAX 64

static bool parse_end(const char *address, const char *port, struct address *ret)
{
	size_t digits = strspn(port, "0123456789");
	long number = strtol(port, NULL, 10);

	return digits >= 1 && digits <= 5 && !port[digits] && number >= 1 && number <= 65535 &&
	       address_parse(address, ret);
}

bool session_parse(const char *text, struct use_caller *ret)
{
	char copy[2 * ADDRESS_TEXT_MAX + 16], *rest = copy;
	const char *words[4];
	size_t n = 0;

	*ret = (struct use_caller){ 0 };
	if (util_format(copy, sizeof(copy), "%s", text) < 0)
		return false;
	while (rest && n < ARRAY_SIZE(words))
		words[n++] = strsep(&rest, " ");
	if (n < ARRAY_SIZE(words) || rest)
		return false;
	if (parse_end(words[0], words[1], &ret->client) &&
		parse_end(words[2], words[3], &ret->server))
		return true;
	*ret = (struct use_caller){ 0 };
	return false;
}

static FILE *open_file(long pid, const char *name)
{
	char path[64];

	util_format(path, sizeof(path), "/proc/%ld/%s", pid, name);
	return fopen(path, "re");
}

/* Return: whether the process has the variable, with such a value. */
static bool read_environment(long pid, struct use_caller *ret)
{
	CLEANUP_FREE char *entry = NULL;
	FILE *f = open_file(pid, "environ");
	bool found = false;
	size_t room = 0;

	if (!f)
		return false;
	while (!found && getdelim(&entry, &room, '\0', f) > 0) {
		const char *value = util_after_prefix(entry, VARIABLE);

		found = value && session_parse(value, ret);
	}
	fclose(f);
	return found;
}

/* "12 (a name) S 11 ...": a name may have parentheses of its own. Return: 0 if there is none. */
static long parent_of(long pid)
{
	CLEANUP_FREE char *text = NULL;
	FILE *f = open_file(pid, "stat");
	long parent = 0;
	size_t room = 0;
	char *end;

	if (!f)
		return 0;
	/* A name may have a newline, too. */
	end = getdelim(&text, &room, '\0', f) > 0 ? strrchr(text, ')') : NULL;
	if (end && strlen(end) > strlen(") S "))
		parent = strtol(end + strlen(") S "), NULL, 10);
	fclose(f);
	return parent;
}

void session_find(const char *value, struct use_caller *ret)
{
	long pid = getppid();

	if (value && session_parse(value, ret))
		return;
	*ret = (struct use_caller){ 0 };
	for (int n = 0; n < ANCESTORS_MAX && pid > 1; n++) {
		if (read_environment(pid, ret))
			return;
		pid = parent_of(pid);
	}
}
