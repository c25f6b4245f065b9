/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Attributes, links and directories below /sys. Each access names a directory and a name in it;
 * the name may have several parts ("physfn/sriov_numvfs"). Nothing is cached: one access is one
 * read(2), write(2) or readlink(2).
 *
 * A read or write of an attribute may block for as long as the kernel holds the device's lock.
 * For a device, call these functions in a child with a deadline (base/supervise.h). Links never
 * block.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Only lib/kernel uses these paths. */
#define SYSFS "/sys"
#define SYSFS_BUS SYSFS "/bus"
#define SYSFS_CLASS SYSFS "/class"
#define SYSFS_DEVICES SYSFS "/devices"

/* An attribute has at most one page; a name has at most NAME_MAX bytes. */
#define SYSFS_VALUE_MAX 4096
#define SYSFS_NAME_MAX 256
#define BUS_NAME_MAX 64

/**
 * sysfs_read - read an attribute, without its trailing newline
 * @buf, @size: receives the text, ended by NUL; a longer value is cut
 *
 * Return: its length in bytes; -ENOENT if the device or the attribute does not exist; -ENODEV if
 * the device was removed while the attribute was open; other -errno of open(2) or read(2).
 */
ssize_t sysfs_read(const char *dir, const char *name, char *buf, size_t size);

/** sysfs_read_text - read an attribute; "" if it cannot be read */
void sysfs_read_text(const char *dir, const char *name, char *buf, size_t size);

/**
 * sysfs_write - write a value with a single write(2)
 *
 * Return: 0; -errno of open(2), or what the kernel's store function returned; -EIO if it took only
 * a part of the value.
 */
int sysfs_write(const char *dir, const char *name, const char *value);

/**
 * sysfs_link - read the last part of a link's target
 * @ret_name: ended by NUL; "" if the link does not exist, and after a failure
 *
 * Return: 0, also if the link does not exist; otherwise -errno of readlink(2).
 */
int sysfs_link(const char *dir, const char *name, char ret_name[SYSFS_NAME_MAX]);

/**
 * sysfs_link_target - find the path of the directory that a link leads to
 * @dir: a directory whose path contains no link
 * @name: a link; it has one part
 *
 * This takes one system call, while realpath(3) takes one for each part of a path. A link of /sys
 * is relative: it leads up to the directory that contains both ends, and from there down to a
 * directory that is not a link.
 *
 * Return: 0; -ENOENT if @name does not exist; -EINVAL if it is not a link; -EBADMSG if it is
 * another kind of link; -ENAMETOOLONG; other -errno of readlink(2).
 * Source: kernfs_get_target_path() in Linux fs/kernfs/symlink.c.
 */
int sysfs_link_target(const char *dir, const char *name, char ret_target[PATH_MAX]);

/**
 * sysfs_resolve - find the path of a file or directory without any link, as realpath(3) does
 * @ret_path: "" after a failure
 *
 * Return: 0, or -errno of realpath(3).
 */
int sysfs_resolve(const char *dir, const char *name, char ret_path[PATH_MAX]);

/**
 * sysfs_list - list the names in a directory, sorted by byte value, without "." and ".."
 * @name: NULL for @dir itself
 * @ret_names: owned by the caller (util_strv_freep()); NULL if the directory is empty, and after a
 *             failure
 * @ret_n: their number; may be NULL
 *
 * Return: 0; -ENOMEM; -errno of opendir(3) or readdir(3).
 */
int sysfs_list(const char *dir, const char *name, char ***ret_names, size_t *ret_n);

/** sysfs_has - whether a name exists; links are followed */
bool sysfs_has(const char *dir, const char *name);

/** sysfs_absent - whether a name does not exist; false also if that cannot be found out */
bool sysfs_absent(const char *dir, const char *name);

/** sysfs_is_below - whether a path without links is inside a directory */
bool sysfs_is_below(const char *path, const char *dir);
