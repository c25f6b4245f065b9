/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON objects on standard output. */
#pragma once

#include <json.h>
#include <stdbool.h>

/**
 * object_text - a string for JSON, which is UTF-8: other bytes become U+FFFD
 *
 * Return: a new object; NULL, which json-c writes as null, for "" and NULL.
 */
struct json_object *object_text(const char *text);

/** object_add_text - add object_text() to an object */
void object_add_text(struct json_object *object, const char *key, const char *text);

/** object_add_bool - add true or false to an object */
void object_add_bool(struct json_object *object, const char *key, bool value);

/** object_reason - why something failed, or is not known: {"code": "in-use", "text": "..."} */
struct json_object *object_reason(const char *code, const char *text);

/** object_print - print an object as an element of the array of the call, and free it */
void object_print(struct json_object *object);
