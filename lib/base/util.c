/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Helpers for every layer. Must not know of devices, /sys or the store. */
#include "base/util.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

void util_freep(void *p)
{
	free(*(void **)p);
}

void util_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

void util_closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

void util_strv_freep(char ***strv)
{
	if (!*strv)
		return;
	for (char **s = *strv; *s; s++)
		free(*s);
	free(*strv);
	*strv = NULL;
}

void util_close_from(int first)
{
	struct rlimit limit = { .rlim_cur = 1024 };

	if (syscall(SYS_close_range, first, ~0U, 0) == 0)
		return;
	/* Linux before 5.9 has no close_range(2). */
	getrlimit(RLIMIT_NOFILE, &limit);
	for (int fd = first; (rlim_t)fd < limit.rlim_cur && fd < 65536; fd++)
		close(fd);
}

const char *util_after_prefix(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

int util_format(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

/* Whether an array that grows to 8, 16, 32... strings has no room for another. */
static bool is_full(size_t n)
{
	bool power_of_two = (n & (n - 1)) == 0;

	return n == 0 || (n >= 8 && power_of_two);
}

int util_strv_add(char ***strv, size_t *n, const char *s)
{
	char *copy = strdup(s), **grown = *strv;

	if (!copy)
		return -ENOMEM;
	if (is_full(*n))
		grown = reallocarray(grown, (*n == 0 ? 8 : *n * 2) + 1, sizeof(char *));
	if (!grown) {
		free(copy);
		return -ENOMEM;
	}
	grown[*n] = copy;
	grown[++*n] = NULL;
	*strv = grown;
	return 0;
}

int util_grow(void *array, size_t n, size_t size)
{
	void *items, *grown;

	/* Not by a pointer to void *: the array is of another type. */
	memcpy(&items, array, sizeof(items));
	grown = reallocarray(items, n + 1, size);
	if (!grown)
		return -ENOMEM;
	memcpy(array, &grown, sizeof(grown));
	/* cppcheck-suppress memleak ; the caller's array has it */
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void util_strv_sort(char **strv, size_t n)
{
	if (n > 1)
		qsort(strv, n, sizeof(char *), compare);
}

static bool is_control(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

bool util_name_valid(const char *name)
{
	if (!*name || streq(name, ".") || streq(name, ".."))
		return false;
	if (strlen(name) > NAME_MAX)
		return false;
	for (const char *c = name; *c; c++)
		if (*c == '/' || is_control((unsigned char)*c))
			return false;
	return true;
}

static int underscored(char c)
{
	return c == '-' ? '_' : c;
}

bool util_same_name(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (underscored(*a) != underscored(*b))
			return false;
	return *a == *b;
}

int util_parse_seconds(const char *s, unsigned int *ret_ms)
{
	unsigned int seconds = 0;

	if (!*s || strlen(s) > 5)
		return -EINVAL;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return -EINVAL;
		seconds = seconds * 10 + (unsigned int)(*s - '0');
	}
	if (seconds < 1 || seconds > 86400)
		return -EINVAL;
	*ret_ms = seconds * 1000;
	return 0;
}

int64_t util_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void util_nap(unsigned int ms)
{
	const struct timespec ts = {
		.tv_sec = ms / 1000,
		.tv_nsec = (long)(ms % 1000) * 1000000,
	};

	nanosleep(&ts, NULL);
}
