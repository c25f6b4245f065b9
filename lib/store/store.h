/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The saved overrides. /etc/driverctl.d/KEY contains a driver's name and a newline, as driverctl
 * has always written it; policy/KEY.ini beside it contains a text of policy.h. KEY is BUS-NAME, see
 * device_key().
 *
 * The files are only read here, and copied for an initramfs. pending.h changes them.
 */
#pragma once

#include "kernel/sysfs.h"

#define STORE_DIR SYSCONFDIR "/driverctl.d"
#define STORE_POLICY_DIR STORE_DIR "/policy"

/**
 * store_read - read the saved driver of a device, as written: the name of a driver or a module
 *
 * Return: 0; -ENOENT if none is saved; -EBADMSG if the file is not one valid name; otherwise
 * -errno of open(2) or read(2).
 */
int store_read(const char *key, char ret_driver[SYSFS_NAME_MAX]);

/** store_has - whether the store has a file for a device, even if it is a link to nothing */
bool store_has(const char *key);

/**
 * store_read_policy - read the text of a saved override's policy
 * @ret_text: owned by the caller
 *
 * Return: 0; -ENOENT if there is none; -EBADMSG if it is 64 KiB or longer or contains a NUL byte;
 * -ENOMEM; otherwise -errno of open(2) or read(2).
 */
int store_read_policy(const char *key, char **ret_text);

/**
 * store_list - list the keys of all saved overrides, sorted by byte value
 * @ret_keys: owned by the caller (util_strv_freep()); NULL if there are none
 *
 * Any file whose name has the form of a key is listed: store_read() finds out whether it contains a
 * driver's name, and bus_split() where the bus ends.
 *
 * Return: 0, also if there is no store; -ENOMEM; otherwise -errno of opendir(3) or readdir(3).
 */
int store_list(char ***ret_keys);

/**
 * store_make - create the store's directory below another root
 * @root: a directory
 * @ret_dir_fd: owned by the caller, also after an error; -1 for none
 *
 * Return: 0; -EEXIST if @root is the host's own root; otherwise -errno of open(2) or mkdir(2).
 */
int store_make(const char *root, int *ret_dir_fd);

/**
 * store_copy - copy the files of an override, as they are, below another root
 * @root: a directory; etc/driverctl.d/policy is created in it
 *
 * Return: 0; -EEXIST if @root is the host's own root; -ENOENT if nothing is saved; -EFBIG if the
 * policy cannot be read as a text; otherwise -errno of reading or writing.
 */
int store_copy(const char *key, const char *root);
