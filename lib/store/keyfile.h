/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Texts of [section] and key = value lines. Pure; the only user of inih.
 *
 * inih silently cuts a line at 199 bytes and a section name at 49. A text with a longer one is an
 * error here. A value that does not fit goes on in the next line, which is indented.
 */
#pragma once

#include <stdio.h>

/**
 * keyfile_fn - take one value
 * @section: "" before the first section
 *
 * Each line of a value that has several is a call of its own. inih takes the first '=' or ':' of a
 * line for the end of the key.
 *
 * Return: NULL, or why the value is wrong, a static text.
 */
typedef const char *(*keyfile_fn)(
	const char *section, const char *key, const char *value, void *userdata);

/**
 * keyfile_parse - call @fn for each value of a text
 * @ret_line: the first line that is wrong, from 1; 0 if none is
 * @ret_why: what is wrong with it, a static text
 *
 * @fn is called for the values behind a wrong line, too.
 *
 * Return: 0; -EBADMSG with @ret_line and @ret_why; -ENOMEM.
 */
int keyfile_parse(
	const char *text, keyfile_fn fn, void *userdata, int *ret_line, const char **ret_why);

/**
 * keyfile_write - write "key = value", in several lines if it is long
 * @value: "" writes nothing
 *
 * Not every value reads back as it was: a " ;" in it begins a comment. The caller must check.
 */
void keyfile_write(FILE *f, const char *key, const char *value);
