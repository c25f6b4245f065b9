/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints JSON as json-c prints one array of the whole call. */
#include "object.h"

#include "kernel/sysfs.h"
#include "output.h"

/* How many bytes the UTF-8 character at @s has; 0 if there is none. */
static size_t utf8_length(const char *s)
{
	unsigned char first = (unsigned char)*s;
	size_t n = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first >= 0xf5)
		return 0;
	for (size_t i = 1; i < n; i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

struct json_object *object_text(const char *text)
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

void object_add_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, object_text(text));
}

void object_add_bool(struct json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

struct json_object *object_reason(const char *code, const char *text)
{
	struct json_object *object = json_object_new_object();

	object_add_text(object, "code", code);
	object_add_text(object, "text", text);
	return object;
}

/* json-c indents an object in an array of its own as it is to be: between "[\n" and "\n]". */
void object_print(struct json_object *object)
{
	static struct json_object *array;
	size_t length;
	const char *text;

	if (!array)
		array = json_object_new_array();
	json_object_array_put_idx(array, 0, object);
	text = json_object_to_json_string_length(
		array, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE, &length);
	output_element();
	fwrite(text + 2, 1, length - 4, stdout);
}
