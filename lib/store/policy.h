/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two INI formats: driverctl.conf and the policy that stands beside a saved override. The only
 * user of inih. Pure but for policy_read_config().
 *
 * inih cuts lines at 199 bytes and section names at 49 in silence; a text with longer ones is
 * rejected here instead. A value too long for a line goes on in an indented one.
 */
#pragma once

#include "kernel/sysfs.h"

#include <limits.h>

#define POLICY_FIXED "fixed"
#define POLICY_BEST_VFIO "best-vfio" /* rank again at every load */

/** What /etc/driverctl.d holds of one override beside the driver's name. */
struct policy {
	char driver[SYSFS_NAME_MAX];    /* what the store's file must say for this to count */
	char module[SYSFS_NAME_MAX];    /* what to load for it; "" for nothing */
	char choose[16];                /* POLICY_FIXED or POLICY_BEST_VFIO */
	char modalias[SYSFS_VALUE_MAX]; /* the device it was set for; "" where it has none */
	char path[PATH_MAX];            /* its place; "" where that is not noted */
};

/**
 * policy_parse - read a policy file's text; unknown keys are for later versions and are passed over
 *
 * Return: 0, or -EBADMSG.
 */
int policy_parse(const char *text, struct policy *ret);

/**
 * policy_format - write it down
 * @ret_text: owned by the caller
 *
 * Return: 0; -ENOMEM; -EINVAL where a value does not survive being read again.
 */
int policy_format(const struct policy *policy, char **ret_text);

/**
 * policy_matches - whether a device is the one that a policy was made for
 *
 * What the policy does not know is not compared.
 */
bool policy_matches(const struct policy *policy, const char *modalias, const char *path);

/** driverctl.conf */
struct config {
	char **deny; /* modules that are never chosen by rank */
	size_t n_deny;
	bool fallback; /* whether the ranking goes on after a failure */
	bool identity; /* whether an override is bound to the device it was set for */
	unsigned int timeout_ms;
};

#define CONFIG_DEFAULTS \
	{ \
		.fallback = true, .identity = true, .timeout_ms = 30000 \
	}

/**
 * config_parse - read driverctl.conf's text into @config, over what it holds
 * @ret_line: the line at fault, from 1
 * @ret_why: what is wrong with it, a static text
 *
 * Return: 0, -ENOMEM, or -EBADMSG with @ret_line and @ret_why; @config is then half read.
 */
int config_parse(const char *text, struct config *config, int *ret_line, const char **ret_why);

/**
 * config_read - config_parse() of a file; a missing one is an empty one
 *
 * Return: as config_parse(); with @ret_line 0: -EINVAL for what is no regular file, -EFBIG for more
 * than 64 KiB, -errno of open(2) and read(2).
 */
int config_read(const char *path, struct config *config, int *ret_line, const char **ret_why);

/** config_free - give back what config_parse() allocated. */
void config_free(struct config *config);

/** config_off_at_boot - whether the kernel command line says driverctl=off: apply nothing */
bool config_off_at_boot(void);
