/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The saved overrides: /etc/driverctl.d/BUS-NAME holds a driver's name and a newline, as driverctl
 * has always written it; policy/BUS-NAME.ini beside it a text of policy.h. And the lock that
 * serialises work on one device, /run/driverctl/BUS-NAME.lock; and /run/driverctl/early, the record
 * of what was written before udev started.
 *
 * A change is prepared first: everything that can fail for want of space or permission fails then.
 * The commit is a rename(2) for each file. The store's own is the moment from which the change
 * counts; until the policy has its name too it is read under its temporary one, which means this
 * only while the other temporary file is gone: that is the first to be made and the last to be
 * removed. So the two files are the old ones or the new ones whenever the process is killed.
 * Temporary files have one fixed name for each device; they are written under its lock only, and
 * what a killed process left is for store_tidy().
 */
#pragma once

#include "kernel/sysfs.h"

#include <sys/types.h>

#define STORE_DIR "/etc/driverctl.d"
#define STORE_LOCK_DIR "/run/driverctl"

/**
 * store_read - the saved driver of a device, as written: a driver's or a module's name
 *
 * Return: 0; -ENOENT where none is saved; -EBADMSG where the file is not one valid name; other
 * -errno of open(2) and read(2).
 */
int store_read(const char *bus, const char *name, char ret_driver[SYSFS_NAME_MAX]);

/** store_has - whether a device has a file in the store, be it a link that leads nowhere */
bool store_has(const char *bus, const char *name);

/**
 * store_read_policy - the text of a saved override's policy
 * @ret_text: owned by the caller
 *
 * Return: 0; -ENOENT where there is none; -EBADMSG for more than 64 KiB or a NUL byte in it;
 * -ENOMEM; other -errno.
 */
int store_read_policy(const char *bus, const char *name, char **ret_text);

/**
 * store_list - the names of the devices on a bus with a saved override, sorted
 * @bus: NULL for the store's files as they are: BUS-NAME
 * @ret_names: owned by the caller (util_strv_freep()); NULL for none
 *
 * Whether the files hold a name is for store_read() to say. Of "fsl" the names begin with "mc-"
 * where the bus is fsl-mc: which bus a name has is for device_split_bus() to say.
 *
 * Return: 0 (also where there is no store), or -errno.
 */
int store_list(const char *bus, char ***ret_names);

/**
 * store_copy - copy an override's files, as they are, below another root
 * @root: a folder; etc/driverctl.d/policy is made in it
 *
 * Return: 0; -errno of reading or writing.
 */
int store_copy(const char *bus, const char *name, const char *root);
