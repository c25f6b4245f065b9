/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes rows. Programs parse the lines: their form is that of the shell driverctl. */
#include "output.h"

#include "message.h"

#include <errno.h>

/* In the order of a line. JSON has the columns that have a key, lines those that have a text. */
static const struct {
	enum output_column column;
	const char *key;
	const char *before, *after; /* around the value */
	const char *none;
	bool flag; /* its value is not printed in lines */
} columns[] = {
	{ OUTPUT_NAME, "name", "", "", "", false },
	{ OUTPUT_BUS, "bus", NULL, NULL, NULL, false },
	{ OUTPUT_DRIVER, "driver", " ", "", " (none)", false },
	{ OUTPUT_OVERRIDE, "override", " [*]", "", "", true },
	{ OUTPUT_BY, "by", NULL, NULL, NULL, false },
	{ OUTPUT_RULE, "rule", NULL, NULL, NULL, false },
	{ OUTPUT_MODULE, "module", NULL, NULL, NULL, false },
	{ OUTPUT_CHOOSE, "choose", NULL, NULL, NULL, false },
	{ OUTPUT_BEST, "best", NULL, NULL, NULL, false },
	{ OUTPUT_STATE, "state", NULL, NULL, NULL, false },
	{ OUTPUT_MODEL, "model", " (", ")", " ()", false },
	{ OUTPUT_NOTE, NULL, " (", ")", "", false },
};

void output_begin(struct output *output, const struct options *options)
{
	*output = (struct output){
		.list = options_have(options, OPTION_JSON) ? json_object_new_array() : NULL
	};
}

/* How many bytes a UTF-8 character has that begins with @first; 0 if none begins so. */
static size_t utf8_announced(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2)
		return 0;
	if (first < 0xe0)
		return 2;
	if (first < 0xf0)
		return 3;
	return first < 0xf5 ? 4 : 0;
}

/* How many bytes the UTF-8 character at @s has; 0 if there is none. */
static size_t utf8_length(const char *s)
{
	size_t n = utf8_announced((unsigned char)*s);

	for (size_t i = 1; i < n; i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

struct json_object *output_text(const char *text)
{
	static const char replacement[3] = { '\xef', '\xbf', '\xbd' }; /* U+FFFD */
	char clean[3 * SYSFS_VALUE_MAX + 1];
	size_t at = 0;

	if (!text || !*text)
		return NULL;
	while (*text && at < sizeof(clean) - 4) {
		size_t n = utf8_length(text);

		if (n > 0) {
			memcpy(clean + at, text, n);
			at += n;
			text += n;
		} else {
			memcpy(clean + at, replacement, sizeof(replacement));
			at += sizeof(replacement);
			text++;
		}
	}
	return json_object_new_string_len(clean, (int)at);
}

static void print_line(const struct output *output, const struct output_row *row)
{
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		const char *value = row->values[columns[i].column];

		if (!value || !columns[i].before || output->not_in_lines & 1u << columns[i].column)
			continue;
		if (!*value)
			fputs(columns[i].none, stdout);
		else
			printf("%s%s%s", columns[i].before, columns[i].flag ? "" : value,
				columns[i].after);
	}
	putchar('\n');
}

void output_row(struct output *output, const struct output_row *row)
{
	struct json_object *object;

	if (!output->list) {
		print_line(output, row);
		return;
	}
	object = json_object_new_object();
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		if (columns[i].key && row->values[columns[i].column])
			json_object_object_add(object, columns[i].key,
				output_text(row->values[columns[i].column]));
	json_object_array_add(output->list, object);
}

void output_paragraph(struct output *output, const char *lines)
{
	if (output->began)
		putchar('\n');
	fputs(lines, stdout);
	output->began = true;
}

void output_object(struct output *output, struct json_object *object)
{
	json_object_array_add(output->list, object);
}

int output_end(struct output *output, int code)
{
	bool failed;

	if (output->list) {
		puts(json_object_to_json_string_ext(
			output->list, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(output->list);
	}
	failed = ferror(stdout);
	errno = 0;
	if (fflush(stdout) == 0 && !failed)
		return code;
	message_error("cannot write to standard output: %s", strerror(errno ? errno : EIO));
	return EXIT_FAILURE;
}
