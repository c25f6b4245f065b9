/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records of overrides that were written without a decision about the very device, so that they can
 * be found and cleared. /run goes from the initramfs to the real root.
 *
 * Each is a file with one line "KEY DRIVER" for each override. A tab instead of the space follows a
 * key that contains a space. A line without DRIVER says that the override was cleared. The last
 * line of a key counts.
 */
#pragma once

#include "kernel/sysfs.h"

#define RECORD_DIR RUNDIR "/driverctl"

enum record {
	RECORD_EARLY, /* by the early step: the store of an initramfs may have been older */
	RECORD_RULED, /* by a rule, which may be removed */
};

/** record_path - the path of a record, a static string */
const char *record_path(enum record record);

/**
 * record_note - record that an override is about to be written, or was cleared
 * @driver: "" if it was cleared; that is not recorded if there is no record yet
 *
 * Return: 0; -ENOSPC; otherwise -errno of mkdir(2), open(2) or write(2).
 */
int record_note(enum record record, const char *key, const char *driver);

/**
 * record_find - find the override that is recorded for a device
 * @ret_driver: "" if there is none
 *
 * Return: 0; otherwise as record_list().
 */
int record_find(enum record record, const char *key, char ret_driver[SYSFS_NAME_MAX]);

/**
 * record_list - list the overrides that were recorded and not cleared
 * @ret_lines: KEY, a tab and DRIVER; owned by the caller (util_strv_freep()); NULL if there are
 * none
 *
 * Return: 0, also if there is no record; -ENOMEM; otherwise -errno of open(2) or read(2).
 */
int record_list(enum record record, char ***ret_lines);
