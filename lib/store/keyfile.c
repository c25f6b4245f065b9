/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the syntax of the texts, not the meaning of a key. Must not read files. */
#include "store/keyfile.h"

#include "base/util.h"

#include <errno.h>
#include <ini.h>

/* The longest that inih reads whole. */
#define LINE_LENGTH_MAX 198
#define SECTION_LENGTH_MAX 48
/* The longest value to write into one line, with room for its key. */
#define VALUE_LENGTH_MAX 160

/* A text that is being read line by line. */
struct reader {
	const char *rest;
	int line;
	int wrong_line; /* the first one; 0: none */
	const char *why;
	keyfile_fn fn;
	void *userdata;
};

static void note_error(struct reader *r, int line, const char *why)
{
	if (r->wrong_line && r->wrong_line <= line)
		return;
	r->wrong_line = line;
	r->why = why;
}

/* Whether inih would cut a line, or the name of the section that it begins. */
static bool is_too_long(const char *line, size_t length)
{
	const char *start = line + strspn(line, " \t");

	if (length > LINE_LENGTH_MAX)
		return true;
	return *start == '[' && strcspn(start + 1, "]\n") > SECTION_LENGTH_MAX;
}

/* An ini_reader: copies the next line. */
static char *copy_line(char *buf, int size, void *stream)
{
	struct reader *r = stream;
	const char *line = r->rest;
	size_t length = strcspn(line, "\n");

	if (!*line)
		return NULL;
	r->line++;
	r->rest += length;
	if (*r->rest)
		r->rest++;
	if (length + sizeof("\n") > (size_t)size || is_too_long(line, length)) {
		note_error(r, r->line, "line too long");
		length = 0;
	}
	util_format(buf, (size_t)size, "%.*s\n", (int)length, line);
	return buf;
}

/* An ini_handler. */
static int take_value(void *user, const char *section, const char *name, const char *value)
{
	struct reader *r = user;
	const char *why = r->fn(section, name, value, r->userdata);

	if (!why)
		return 1;
	note_error(r, r->line, why);
	return 0;
}

int keyfile_parse(
	const char *text, keyfile_fn fn, void *userdata, int *ret_line, const char **ret_why)
{
	struct reader r = { .rest = text, .fn = fn, .userdata = userdata };
	int line = ini_parse_stream(copy_line, &r, take_value, &r);

	/* A line that inih itself rejects reaches no handler. */
	if (line > 0)
		note_error(&r, line, "neither a [section] nor a key = value");
	*ret_line = r.wrong_line;
	*ret_why = r.why;
	if (line < 0)
		return -ENOMEM;
	return r.wrong_line ? -EBADMSG : 0;
}

void keyfile_write(FILE *f, const char *key, const char *value)
{
	if (!*value)
		return;
	fprintf(f, "%s = %.*s\n", key, VALUE_LENGTH_MAX, value);
	for (size_t at = VALUE_LENGTH_MAX; at < strlen(value); at += VALUE_LENGTH_MAX)
		fprintf(f, "  %.*s\n", VALUE_LENGTH_MAX, value + at);
}
