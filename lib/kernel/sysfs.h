/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Attributes and links below /sys: one read(2) or write(2) a value, nothing cached.
 *
 * A read or write may block for as long as the kernel holds the device's lock; whoever calls these
 * for a device does so in a bounded child (bounded.h).
 */
#pragma once

#include "base/util.h"

/* sysfs shows at most one page; names are at most NAME_MAX. */
#define SYSFS_VALUE_MAX 4096
#define SYSFS_NAME_MAX 256

/**
 * sysfs_read - read an attribute, without its trailing newline
 * @dir_fd: the folder @path is relative to, or AT_FDCWD
 * @buf, @size: where the text goes, ended by NUL; a longer value is cut
 *
 * Return: its length in bytes, or -errno of open(2) or read(2): -ENOENT where the device or the
 * attribute is gone, -ENODEV where the device went while it was open.
 */
ssize_t sysfs_read(int dir_fd, const char *path, char *buf, size_t size);

/** sysfs_read_text - the attribute @file of @folder; "" for one that cannot be read */
void sysfs_read_text(const char *folder, const char *file, char *buf, size_t size);

/**
 * sysfs_write - write a value with a single write(2)
 *
 * Return: 0, or -errno: what the kernel's store function returned, or that of open(2).
 */
int sysfs_write(const char *path, const char *value);

/**
 * sysfs_link_name - the last part of a link's target
 * @ret_name: ended by NUL
 *
 * Return: 0, or -errno of readlink(2); -ENOENT where there is no link.
 */
int sysfs_link_name(int dir_fd, const char *path, char ret_name[SYSFS_NAME_MAX]);

/**
 * sysfs_link_target - the path of the folder that a link of /sys leads to
 * @path: no other part of it is a link
 *
 * One system call, where realpath(3) makes one for each part. Such a link is relative, goes up to
 * the folder that both are in, and from there to one that is no link.
 *
 * Return: 0; -EINVAL: no link; -EBADMSG: one of another kind; -ENAMETOOLONG; -errno of readlink(2).
 * Source: kernfs_get_target_path() in Linux fs/kernfs/symlink.c.
 */
int sysfs_link_target(const char *path, char ret_target[PATH_MAX]);

/**
 * sysfs_list - the names in a folder, sorted by byte value, without "." and ".."
 * @ret_names: owned by the caller (util_strv_freep()); NULL for an empty folder
 * @ret_n: their number; may be NULL
 *
 * Return: 0, -ENOMEM, or -errno of opendir(3) or readdir(3).
 */
int sysfs_list(const char *path, char ***ret_names, size_t *ret_n);

/** sysfs_exists - whether a path is there, links followed. */
bool sysfs_exists(const char *path);

/** sysfs_absent - whether a path is not there, links followed; false where that cannot be told */
bool sysfs_absent(const char *path);
