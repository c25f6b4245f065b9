/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads and writes the INI texts. Owns their meaning, not where they are kept. */
#include "store/policy.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <sys/stat.h>

/* inih's own limits, with room for the NUL. */
#define LINE_LENGTH_MAX 198
#define SECTION_LENGTH_MAX 48
#define VALUE_LENGTH_MAX 160
#define CONFIG_SIZE_MAX 65536

/* A text, read line by line: what is wrong first, and where. */
struct source {
	const char *text;
	int line;
	int bad_line;
	const char *why;
	void *target;
};

/* An ini_handler's failure. */
static int reject(struct source *s, const char *why)
{
	if (!s->bad_line) {
		s->bad_line = s->line;
		s->why = why;
	}
	return 0;
}

/* An ini_reader. A line that inih would cut is reported and passed over. */
static char *next_line(char *buf, int size, void *stream)
{
	struct source *s = stream;
	size_t length = strcspn(s->text, "\n");
	const char *start = s->text + strspn(s->text, " \t");

	if (!*s->text)
		return NULL;
	s->line++;
	if (length > LINE_LENGTH_MAX || length + 2 > (size_t)size ||
		(*start == '[' && strcspn(start + 1, "]\n") > SECTION_LENGTH_MAX)) {
		reject(s, "line too long");
		util_format(buf, (size_t)size, "\n");
	} else {
		util_format(buf, (size_t)size, "%.*s\n", (int)length, s->text);
	}
	s->text += length + (s->text[length] == '\n');
	return buf;
}

/* Return: 0, or -EBADMSG with s->bad_line and s->why. */
static int parse(struct source *s, ini_handler handler)
{
	int line = ini_parse_stream(next_line, s, handler, s);

	/* What inih itself rejects reaches no handler. */
	if (line > 0 && (!s->bad_line || line < s->bad_line)) {
		s->bad_line = line;
		s->why = "neither a [section] nor a key = value";
	}
	return line < 0 ? -ENOMEM : s->bad_line ? -EBADMSG : 0;
}

/* --- the policy of one override --- */

static int set_text(char *field, size_t size, const char *value)
{
	return util_format(field, size, "%s", value) == 0;
}

/* A value in several lines arrives in as many calls. */
static int append_text(char *field, size_t size, const char *value)
{
	size_t used = strlen(field);

	return set_text(field + used, size - used, value);
}

static int policy_entry(void *user, const char *section, const char *name, const char *value)
{
	struct source *s = user;
	struct policy *p = s->target;

	if (!streq(section, "override"))
		return 1;
	if (streq(name, "driver"))
		return util_name_valid(value) && set_text(p->driver, sizeof(p->driver), value);
	if (streq(name, "module"))
		return util_name_valid(value) && set_text(p->module, sizeof(p->module), value);
	if (streq(name, "choose"))
		return set_text(p->choose, sizeof(p->choose), value);
	if (streq(name, "modalias"))
		return append_text(p->modalias, sizeof(p->modalias), value);
	if (streq(name, "path"))
		return append_text(p->path, sizeof(p->path), value);
	return 1;
}

int policy_parse(const char *text, struct policy *ret)
{
	struct source s = { .text = text, .target = ret };
	int err;

	*ret = (struct policy){ 0 };
	err = parse(&s, policy_entry);
	if (err < 0)
		return err;
	return ret->driver[0] ? 0 : -EBADMSG;
}

static void write_value(FILE *f, const char *name, const char *value)
{
	if (!*value)
		return;
	fprintf(f, "%s = %.*s\n", name, VALUE_LENGTH_MAX, value);
	for (size_t at = VALUE_LENGTH_MAX; at < strlen(value); at += VALUE_LENGTH_MAX)
		fprintf(f, "  %.*s\n", VALUE_LENGTH_MAX, value + at);
}

int policy_format(const struct policy *policy, char **ret_text)
{
	struct policy again;
	CLEANUP_FREE char *text = NULL;
	size_t size;
	FILE *f;

	f = open_memstream(&text, &size);
	if (!f)
		return -ENOMEM;
	fputs("[override]\n", f);
	write_value(f, "driver", policy->driver);
	write_value(f, "module", policy->module);
	write_value(f, "choose", policy->choose);
	write_value(f, "modalias", policy->modalias);
	write_value(f, "path", policy->path);
	if (fclose(f) != 0)
		return -ENOMEM;
	if (policy_parse(text, &again) < 0 || !streq(again.driver, policy->driver) ||
		!streq(again.module, policy->module) || !streq(again.choose, policy->choose) ||
		!streq(again.modalias, policy->modalias) || !streq(again.path, policy->path))
		return -EINVAL;
	*ret_text = STEAL(text);
	return 0;
}

bool policy_matches(const struct policy *policy, const char *modalias, const char *path)
{
	return (!policy->modalias[0] || streq(policy->modalias, modalias)) &&
	       (!policy->path[0] || streq(policy->path, path));
}

/* --- driverctl.conf --- */

static int yes_or_no(struct source *s, const char *value, bool *ret)
{
	if (!streq(value, "yes") && !streq(value, "no"))
		return reject(s, "must be yes or no");
	*ret = streq(value, "yes");
	return 1;
}

static int deny_modules(struct source *s, const char *value)
{
	struct config *config = s->target;
	char name[SYSFS_NAME_MAX];
	size_t length;

	for (;; value += length) {
		value += strspn(value, " \t");
		length = strcspn(value, " \t");
		if (!length)
			return 1;
		if (util_format(name, sizeof(name), "%.*s", (int)length, value) < 0 ||
			!util_name_valid(name) || strpbrk(name, "=:"))
			return reject(s, "deny takes names of modules");
		if (util_strv_add(&config->deny, &config->n_deny, name) < 0)
			return reject(s, "out of memory");
	}
}

static int config_entry(void *user, const char *section, const char *name, const char *value)
{
	struct source *s = user;
	struct config *config = s->target;

	if (streq(section, "vfio") && streq(name, "deny"))
		return deny_modules(s, value);
	if (streq(section, "vfio") && streq(name, "fallback"))
		return yes_or_no(s, value, &config->fallback);
	if (streq(section, "safety") && streq(name, "identity"))
		return yes_or_no(s, value, &config->identity);
	if (streq(section, "safety") && streq(name, "timeout"))
		return util_parse_seconds(value, &config->timeout_ms) == 0 ||
		       reject(s, "timeout takes seconds, from 1 to 86400");
	/* For libvirt's hook, which reads it itself. */
	if (streq(section, "libvirt") && streq(name, "group"))
		return streq(value, "refuse") || streq(value, "take") ||
		       reject(s, "must be refuse or take");
	if (streq(section, "vfio") || streq(section, "safety") || streq(section, "libvirt"))
		return reject(s, "unknown key");
	return reject(s, "unknown section, known are [vfio], [safety] and [libvirt]");
}

int config_parse(const char *text, struct config *config, int *ret_line, const char **ret_why)
{
	struct source s = { .text = text, .target = config };
	int err = parse(&s, config_entry);

	*ret_line = s.bad_line;
	*ret_why = s.why;
	return err;
}

int config_read(const char *path, struct config *config, int *ret_line, const char **ret_why)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	CLEANUP_FREE char *text = NULL;
	struct stat st;
	ssize_t n;

	*ret_line = 0;
	*ret_why = "";
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	text = calloc(1, CONFIG_SIZE_MAX + 1);
	if (!text)
		return -ENOMEM;
	n = read(fd, text, CONFIG_SIZE_MAX + 1);
	if (n < 0)
		return -errno;
	if (n > CONFIG_SIZE_MAX)
		return -EFBIG;
	if (strlen(text) != (size_t)n) {
		*ret_line = 1;
		*ret_why = "not a text file";
		return -EBADMSG;
	}
	return config_parse(text, config, ret_line, ret_why);
}

void config_free(struct config *config)
{
	util_strv_freep(&config->deny);
	config->n_deny = 0;
}

bool config_off_at_boot(void)
{
	CLEANUP_FREE char *line = NULL;
	FILE *f = fopen("/proc/cmdline", "re");
	size_t size = 0;
	bool off = false;

	while (f && !off && getline(&line, &size, f) > 0) {
		char *rest = line, *word;

		while (!off && (word = strsep(&rest, " \t\n")))
			off = streq(word, "driverctl=off");
	}
	if (f)
		fclose(f);
	return off;
}
