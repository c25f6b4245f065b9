/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Data on standard output: a line for each device, or with --json an array of objects. Both come
 * from one table of columns.
 */
#pragma once

#include "cmd.h"

#include <json.h>

enum output_column {
	OUTPUT_NAME,
	OUTPUT_BUS,
	OUTPUT_DRIVER, /* the bound one */
	OUTPUT_SAVED,  /* driver */
	OUTPUT_OVERRIDE,
	OUTPUT_KNOWN, /* not "" if the override is known */
	OUTPUT_BY,    /* who wants the override */
	OUTPUT_RULE,  /* its name */
	OUTPUT_MODEL,
	OUTPUT_MODULE, /* of a saved override */
	OUTPUT_CHOOSE,
	OUTPUT_BEST,
	OUTPUT_STATE,
	OUTPUT_NOTE, /* for people only, as the next two */
	OUTPUT_LISTED_RULE,
	OUTPUT_MATCH,
	OUTPUT_COLUMNS
};

#define OUTPUT_BIT(column) (1u << (column))

/** A row: NULL for what is not known, or not printed; "" for none. */
struct output_row {
	const char *values[OUTPUT_COLUMNS];
};

struct output {
	struct json_object *list; /* NULL for lines */
	unsigned int in_lines;    /* OUTPUT_BIT() of the columns of a line */
	unsigned int in_json;     /* of the keys, all of which each object has */
	bool table;               /* standard output is a terminal */
	bool color;
	bool began;   /* a paragraph has been printed */
	char **cells; /* the rows of the table */
	size_t n_rows;
};

/** output_begin - begin with lines, a table at a terminal, or with JSON if the options ask for it
 */
void output_begin(struct output *output, const struct options *options);

/** output_row - print a line, NAME DRIVER [*] (NOTE), or collect an object */
void output_row(struct output *output, const struct output_row *row);

/** output_paragraph - print lines, after an empty line unless they are the first; not with --json
 */
void output_paragraph(struct output *output, const char *lines);

/** output_object - collect an object, which @output then owns; only with --json */
void output_object(struct output *output, struct json_object *object);

/**
 * output_text - a string for JSON, which is UTF-8: other bytes become U+FFFD
 *
 * Return: a new object; NULL, which json-c writes as null, for "" and NULL.
 */
struct json_object *output_text(const char *text);

/**
 * output_end - print the collected objects, and flush
 *
 * Return: @code; EXIT_FAILURE, after a message, if standard output cannot be written.
 */
int output_end(struct output *output, int code);
