/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The policy of a saved override: the file that says which device the override was saved for and
 * how its driver was chosen. Pure; saved.h reads and writes the files.
 */
#pragma once

#include "kernel/sysfs.h"

#include <limits.h>

#define POLICY_FIXED "fixed"
#define POLICY_BEST_VFIO "best-vfio" /* rank again at every load */

struct policy {
	char driver[SYSFS_NAME_MAX]; /* the policy counts only for an override with this driver */
	char module[SYSFS_NAME_MAX]; /* what to load for the driver; "" for nothing */
	char choose[16];             /* POLICY_FIXED or POLICY_BEST_VFIO */
	char modalias[SYSFS_VALUE_MAX]; /* of the device; "": not known */
	char path[PATH_MAX];            /* the device's place; "": not known */
};

/**
 * policy_parse - read the text of a policy file
 *
 * Ignores unknown sections and keys: later versions may add some.
 *
 * Return: 0; -EBADMSG if the text has an error or no driver; -ENOMEM.
 */
int policy_parse(const char *text, struct policy *ret);

/**
 * policy_format - write the text of a policy file
 * @ret_text: the caller frees it
 *
 * Return: 0; -ENOMEM; -EINVAL if a value would not read back as it is.
 */
int policy_format(const struct policy *policy, char **ret_text);

/**
 * policy_matches - whether a device is the one that an override was saved for
 *
 * Compares only what the policy knows.
 */
bool policy_matches(const struct policy *policy, const char *modalias, const char *path);
