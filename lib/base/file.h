/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Small files and their directories below /etc and /run. The attributes of /sys are not for here:
 * see kernel/sysfs.h.
 */
#pragma once

#include "base/util.h"

#include <sys/types.h>

/**
 * file_read - read a small regular file
 * @dir_fd: the directory that @name is relative to, or AT_FDCWD
 * @buf, @size: the text, ended by NUL
 *
 * Links are followed: a configuration manager may make the files of /etc as links, and only root
 * can write to the directory.
 *
 * Return: the length in bytes; -EBADMSG if the file is not a regular file, is longer than
 * @size - 1 bytes or contains a NUL byte; -errno of open(2), fstat(2) or read(2).
 */
ssize_t file_read(int dir_fd, const char *name, char *buf, size_t size);

/**
 * file_read_text - read a file of less than 64 KiB into memory of its own
 * @ret_text: owned by the caller
 *
 * Return: 0; -ENOMEM; otherwise as file_read().
 */
int file_read_text(int dir_fd, const char *name, char **ret_text);

/**
 * file_write - create a file with a text, durably; an older file of that name is removed first
 *
 * The new name itself is durable only after fsync(2) of the directory.
 *
 * Return: 0, or -errno of open(2), write(2) (-ENOSPC) or fsync(2).
 */
int file_write(int dir_fd, const char *name, const char *text);

int file_open_dir(int dir_fd, const char *path);

int file_make_dir(int dir_fd, const char *path, mode_t mode, bool *ret_made);
