/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes rows. Programs parse the lines: their form is that of the shell driverctl. */
#include "output.h"

#include "message.h"

#include <errno.h>

#define BOLD "\033[1m"
#define PLAIN "\033[0m"

/* In the order of a line. JSON has the columns that have a key; lines, and the table at a terminal,
 * those that have a text around the value. */
static const struct column {
	enum output_column column;
	const char *key;
	const char *before, *after; /* around the value */
	const char *none;
	const char *heading;
	bool flag; /* its value is not printed in lines */
	bool boolean;
} columns[] = {
	{ OUTPUT_LISTED_RULE, NULL, "", "", "", "RULE", false, false },
	{ OUTPUT_NAME, "name", "", "", "", "DEVICE", false, false },
	{ OUTPUT_BUS, "bus", NULL, NULL, NULL, NULL, false, false },
	{ OUTPUT_DRIVER, "driver", " ", "", " (none)", "DRIVER", false, false },
	{ OUTPUT_SAVED, "saved_driver", " ", "", "", "SAVED DRIVER", false, false },
	{ OUTPUT_OVERRIDE, "override", " [*]", "", "", "OVERRIDE", true, false },
	{ OUTPUT_KNOWN, "override_known", NULL, NULL, NULL, NULL, false, true },
	{ OUTPUT_BY, "by", NULL, NULL, NULL, NULL, false, false },
	{ OUTPUT_RULE, "rule", NULL, NULL, NULL, NULL, false, false },
	{ OUTPUT_MODULE, "module", NULL, NULL, NULL, NULL, false, false },
	{ OUTPUT_CHOOSE, "choose", NULL, NULL, NULL, NULL, false, false },
	{ OUTPUT_BEST, "best", NULL, NULL, NULL, NULL, false, false },
	{ OUTPUT_STATE, "state", NULL, NULL, NULL, NULL, false, false },
	{ OUTPUT_MODEL, "model", " (", ")", " ()", "MODEL", false, false },
	{ OUTPUT_MATCH, NULL, " (", ")", "", "MATCH", false, false },
	{ OUTPUT_NOTE, NULL, " (", ")", "", "NOTE", false, false },
};

void output_begin(struct output *output, const struct options *options)
{
	*output = (struct output){
		.list = options_have(options, OPTION_JSON) ? json_object_new_array() : NULL,
		.table = isatty(STDOUT_FILENO),
		.color = options->color,
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

static bool is_in_line(const struct output *output, const struct output_row *row, size_t i)
{
	enum output_column column = columns[i].column;

	return row->values[column] && columns[i].before && output->in_lines & OUTPUT_BIT(column);
}

static void print_line(const struct output *output, const struct output_row *row)
{
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		const char *value = row->values[columns[i].column];

		if (!is_in_line(output, row, i))
			continue;
		if (!*value)
			fputs(columns[i].none, stdout);
		else
			printf("%s%s%s", columns[i].before, columns[i].flag ? "" : value,
				columns[i].after);
	}
	putchar('\n');
}

/* --- the table at a terminal --- */

static char *copy_cell(const char *value)
{
	return strdup(*value ? value : "-");
}

/* The cells of a row are kept until the widths of all columns are known. */
static void keep_row(struct output *output, const struct output_row *row)
{
	char **rows = reallocarray(
		output->cells, (output->n_rows + 1) * ARRAY_SIZE(columns), sizeof(*rows));

	if (!rows)
		return;
	output->cells = rows;
	rows += output->n_rows * ARRAY_SIZE(columns);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		rows[i] = NULL;
		if (is_in_line(output, row, i))
			rows[i] = copy_cell(row->values[columns[i].column]);
	}
	output->n_rows++;
}

static size_t width_of(const struct output *output, size_t i)
{
	size_t width = 0;

	for (size_t row = 0; row < output->n_rows; row++) {
		const char *cell = output->cells[row * ARRAY_SIZE(columns) + i];

		if (!cell)
			continue;
		if (width == 0)
			width = strlen(columns[i].heading);
		if (strlen(cell) > width)
			width = strlen(cell);
	}
	return width;
}

/* @cells: NULL for the headings */
static void print_cells(char *const *cells, const size_t widths[ARRAY_SIZE(columns)])
{
	int gap = 0;

	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		const char *cell = cells ? cells[i] : columns[i].heading;

		if (widths[i] == 0)
			continue;
		cell = cell ? cell : "";
		printf("%*s%s", gap, "", cell);
		gap = (int)(widths[i] - strlen(cell)) + 2;
	}
	putchar('\n');
}

static void print_table(const struct output *output)
{
	size_t widths[ARRAY_SIZE(columns)];

	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		widths[i] = columns[i].heading ? width_of(output, i) : 0;
	if (output->color)
		fputs(BOLD, stdout);
	print_cells(NULL, widths);
	if (output->color)
		fputs(PLAIN, stdout);
	for (size_t row = 0; row < output->n_rows; row++)
		print_cells(output->cells + row * ARRAY_SIZE(columns), widths);
}

static void free_table(struct output *output)
{
	for (size_t i = 0; i < output->n_rows * ARRAY_SIZE(columns); i++)
		free(output->cells[i]);
	free(output->cells);
	output->cells = NULL;
	output->n_rows = 0;
}

/* --- all forms --- */

static struct json_object *cell_json(const struct column *column, const char *value)
{
	if (column->boolean)
		return json_object_new_boolean(value && *value);
	return output_text(value);
}

static void add_object(struct output *output, const struct output_row *row)
{
	struct json_object *object = json_object_new_object();

	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		if (columns[i].key && output->in_json & OUTPUT_BIT(columns[i].column))
			json_object_object_add(object, columns[i].key,
				cell_json(&columns[i], row->values[columns[i].column]));
	json_object_array_add(output->list, object);
}

void output_row(struct output *output, const struct output_row *row)
{
	if (output->list)
		add_object(output, row);
	else if (output->table)
		keep_row(output, row);
	else
		print_line(output, row);
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

	if (output->n_rows > 0)
		print_table(output);
	free_table(output);
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
