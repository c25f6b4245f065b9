/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The standard output of a call, to which it and its children add one element after the other: the
 * objects of one array with --json, otherwise lines or paragraphs.
 */
#pragma once

#include "cmd.h"

/** output_begin - begin with an array if the options ask for JSON, otherwise with lines */
void output_begin(const struct options *options);

/** output_paragraphs - separate what the children print by an empty line; not with --json */
void output_paragraphs(void);

/** output_element - print what comes before the next element; its text has no newline in JSON */
void output_element(void);

/** output_enter_child - in a child: the parent prints what comes before the first element */
void output_enter_child(void);

/**
 * output_end - end the array, and flush
 *
 * Return: @code; EXIT_FAILED, after a message, if standard output cannot be written.
 */
int output_end(int code);
