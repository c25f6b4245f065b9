/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Helpers that know nothing of devices: cleanup attributes, strings, numbers, the clock.
 */
#pragma once

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* Takes a pointer out of a cleanup variable, which becomes NULL. */
#define STEAL(ptr) \
	({ \
		__typeof__(ptr) stolen_ = (ptr); \
		(ptr) = NULL; \
		stolen_; \
	})

/** util_steal_fd - take a file descriptor out of a cleanup variable, which becomes -1 */
static inline int util_steal_fd(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

#define CLEANUP(fn) __attribute__((cleanup(fn)))
#define CLEANUP_FREE CLEANUP(util_freep)
#define CLEANUP_CLOSE CLEANUP(util_closep)
#define CLEANUP_CLOSEDIR CLEANUP(util_closedirp)
#define CLEANUP_STRV CLEANUP(util_strv_freep)

void util_freep(void *p);
void util_closep(int *fd);
void util_closedirp(DIR **dir);
void util_strv_freep(char ***strv);

/** util_close_from - close every descriptor that is not below @first */
void util_close_from(int first);

static inline bool streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/**
 * util_after_prefix - the part of a string behind a prefix
 *
 * Return: a pointer into @s, or NULL if @s does not begin with @prefix.
 */
const char *util_after_prefix(const char *s, const char *prefix);

/**
 * util_format - print into a buffer
 *
 * Return: 0, or -ENAMETOOLONG if the text does not fit (the buffer then has its beginning).
 */
int util_format(char *buf, size_t size, const char *fmt, ...) PRINTF_LIKE(3, 4);

/**
 * util_strv_add - append a copy of a string to a NULL-terminated array
 * @strv: the array, which the caller frees with util_strv_freep(); NULL is an empty one
 * @n: the number of strings in it, updated
 *
 * Return: 0, or -ENOMEM.
 */
int util_strv_add(char ***strv, size_t *n, const char *s);

/**
 * util_grow - make room for one more item in an array
 * @array: the address of a pointer to the array, or to NULL; unchanged after a failure
 * @n: the number of items in it
 * @size: of an item, in bytes
 *
 * Return: 0, or -ENOMEM.
 */
int util_grow(void *array, size_t n, size_t size);

/** util_strv_sort - sort by byte value */
void util_strv_sort(char **strv, size_t n);

/**
 * util_name_valid - whether a string can be a file name below /sys or in the store
 *
 * Return: false for "", ".", "..", and a name with '/', a control character, or more than 255
 * bytes.
 */
bool util_name_valid(const char *name);

/** util_same_name - whether names are equal if '-' is '_': modules and drivers use either */
bool util_same_name(const char *a, const char *b);

/**
 * util_parse_seconds - read a whole number of seconds, from 1 to 86400
 * @ret_ms: in milliseconds
 *
 * Return: 0, or -EINVAL for anything else.
 */
int util_parse_seconds(const char *s, unsigned int *ret_ms);

/** util_now_ms - the monotonic clock in milliseconds */
int64_t util_now_ms(void);

/** util_nap - sleep between two polls of something that does not notify */
void util_nap(unsigned int ms);
