/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rows on standard output, of one table of columns: lines, a table for a person at a terminal, or
 * objects with --json.
 */
#pragma once

#include "cmd.h"

enum column_name {
	COLUMN_NAME,
	COLUMN_BUS,
	COLUMN_DRIVER, /* the bound one */
	COLUMN_SAVED,  /* driver */
	COLUMN_OVERRIDE,
	COLUMN_KNOWN, /* not "" if the override is known */
	COLUMN_BY,    /* who wants the override */
	COLUMN_RULE,  /* its name */
	COLUMN_MODEL,
	COLUMN_MODULE, /* of a saved override */
	COLUMN_CHOOSE,
	COLUMN_BEST,
	COLUMN_STATE,
	COLUMN_NOTE, /* for people only, as the next two */
	COLUMN_LISTED_RULE,
	COLUMN_MATCH,
	COLUMNS
};

#define COLUMN_BIT(column) (1u << (column))

/** A row: NULL for what is not known, or not printed; "" for none. */
struct row {
	const char *values[COLUMNS];
};

struct rows {
	unsigned int in_lines; /* COLUMN_BIT() of the columns of a line */
	unsigned int in_json;  /* of the keys, all of which each object has */
	bool json, terminal, color;
	/* Private to rows.c: the rows at a terminal, kept until the widths are known. */
	char **cells;
	size_t n_rows;
};

/** rows_of - a table without rows, in the form that the options ask for */
struct rows rows_of(const struct options *options, unsigned int in_lines, unsigned int in_json);

/** rows_add - print a line, NAME DRIVER [*] (NOTE), or an object, or keep the row */
void rows_add(struct rows *rows, const struct row *row);

/** rows_end - print the rows that were kept, and free them */
void rows_end(struct rows *rows);
