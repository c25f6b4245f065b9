/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints rows. Programs parse the lines: their form is that of the shell driverctl. */
#include "rows.h"

#include "object.h"

#define BOLD "\033[1m"
#define PLAIN "\033[0m"

/* In the order of a line. JSON has the columns that have a key; lines, and the table at a terminal,
 * those that have a text around the value. */
static const struct column {
	enum column_name column;
	const char *key;
	const char *before, *after; /* around the value */
	const char *none;
	const char *heading;
	bool flag; /* its value is not printed in lines */
	bool boolean;
} columns[] = {
	{ COLUMN_LISTED_RULE, NULL, "", "", "", "RULE", false, false },
	{ COLUMN_NAME, "name", "", "", "", "DEVICE", false, false },
	{ COLUMN_BUS, "bus", NULL, NULL, NULL, NULL, false, false },
	{ COLUMN_DRIVER, "driver", " ", "", " (none)", "DRIVER", false, false },
	{ COLUMN_SAVED, "saved_driver", " ", "", "", "SAVED DRIVER", false, false },
	{ COLUMN_OVERRIDE, "override", " [*]", "", "", "OVERRIDE", true, false },
	{ COLUMN_KNOWN, "override_known", NULL, NULL, NULL, NULL, false, true },
	{ COLUMN_BY, "by", NULL, NULL, NULL, NULL, false, false },
	{ COLUMN_RULE, "rule", NULL, NULL, NULL, NULL, false, false },
	{ COLUMN_MODULE, "module", NULL, NULL, NULL, NULL, false, false },
	{ COLUMN_CHOOSE, "choose", NULL, NULL, NULL, NULL, false, false },
	{ COLUMN_BEST, "best", NULL, NULL, NULL, NULL, false, false },
	{ COLUMN_STATE, "state", NULL, NULL, NULL, NULL, false, false },
	{ COLUMN_MODEL, "model", " (", ")", " ()", "MODEL", false, false },
	{ COLUMN_MATCH, NULL, " (", ")", "", "MATCH", false, false },
	{ COLUMN_NOTE, NULL, " (", ")", "", "NOTE", false, false },
};

struct rows rows_of(const struct options *options, unsigned int in_lines, unsigned int in_json)
{
	return (struct rows){
		.in_lines = in_lines,
		.in_json = in_json,
		.json = options_have(options, OPTION_JSON),
		.terminal = options->terminal_out,
		.color = options->color,
	};
}

static bool is_in_line(const struct rows *rows, const struct row *row, size_t i)
{
	enum column_name column = columns[i].column;

	return row->values[column] && columns[i].before && rows->in_lines & COLUMN_BIT(column);
}

static void print_line(const struct rows *rows, const struct row *row)
{
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		const char *value = row->values[columns[i].column];

		if (!is_in_line(rows, row, i))
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

/* The cells of a row are kept until the widths of all columns are known. */
static void keep_row(struct rows *rows, const struct row *row)
{
	char **cells =
		reallocarray(rows->cells, (rows->n_rows + 1) * ARRAY_SIZE(columns), sizeof(*cells));

	if (!cells)
		return;
	rows->cells = cells;
	cells += rows->n_rows++ * ARRAY_SIZE(columns);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		const char *value = row->values[columns[i].column];

		cells[i] = is_in_line(rows, row, i) ? strdup(*value ? value : "-") : NULL;
	}
}

static size_t width_of(const struct rows *rows, size_t i)
{
	size_t width = 0;

	for (size_t row = 0; row < rows->n_rows; row++) {
		const char *cell = rows->cells[row * ARRAY_SIZE(columns) + i];

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

void rows_add(struct rows *rows, const struct row *row)
{
	struct json_object *object;

	if (!rows->json) {
		if (rows->terminal)
			keep_row(rows, row);
		else
			print_line(rows, row);
		return;
	}
	object = json_object_new_object();
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		const char *value = row->values[columns[i].column];

		if (!columns[i].key || !(rows->in_json & COLUMN_BIT(columns[i].column)))
			continue;
		if (columns[i].boolean)
			object_add_bool(object, columns[i].key, value && *value);
		else
			object_add_text(object, columns[i].key, value);
	}
	object_print(object);
}

void rows_end(struct rows *rows)
{
	size_t widths[ARRAY_SIZE(columns)];

	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		widths[i] = columns[i].heading ? width_of(rows, i) : 0;
	if (rows->n_rows > 0) {
		fputs(rows->color ? BOLD : "", stdout);
		print_cells(NULL, widths);
		fputs(rows->color ? PLAIN : "", stdout);
	}
	for (size_t row = 0; row < rows->n_rows; row++)
		print_cells(rows->cells + row * ARRAY_SIZE(columns), widths);
	for (size_t i = 0; i < rows->n_rows * ARRAY_SIZE(columns); i++)
		free(rows->cells[i]);
	free(rows->cells);
}
