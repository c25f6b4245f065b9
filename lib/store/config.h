/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* driverctl.conf. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct config {
	char **deny; /* modules that the ranking excludes */
	size_t n_deny;
	bool fallback; /* whether to try the next variant if one does not load or bind */
	bool identity; /* whether an override counts only for the device it was saved for */
	unsigned int timeout_ms;
};

#define CONFIG_DEFAULTS \
	{ \
		.fallback = true, .identity = true, .timeout_ms = 30000 \
	}

/**
 * config_parse - read a text of driverctl.conf
 * @config: what the text does not name stays as it is; free it with config_free()
 * @ret_line: the first line that is wrong, from 1; 0 if none is
 * @ret_why: what is wrong with it, a static text
 *
 * Return: 0; -EBADMSG with @ret_line and @ret_why, and the rest of the text in @config; -ENOMEM.
 */
int config_parse(const char *text, struct config *config, int *ret_line, const char **ret_why);

/**
 * config_read - read driverctl.conf
 * @path: a missing file counts as an empty one
 *
 * Return: as config_parse(); with a @ret_line of 0: -EINVAL if it is not a regular file, -EFBIG if
 * it has more than 64 KiB, -errno of open(2), fstat(2) and read(2).
 */
int config_read(const char *path, struct config *config, int *ret_line, const char **ret_why);

/** config_free - free what config_parse() allocated */
void config_free(struct config *config);
