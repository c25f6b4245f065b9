/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Small files and directories below /etc and /run. Attributes of /sys are not read here, but in
 * kernel/sysfs.h.
 */
#pragma once

#include "base/util.h"

#include <sys/types.h>

/** file_exists - whether a path exists; links are followed */
bool file_exists(const char *path);

/** file_absent - whether a path does not exist; false also if that cannot be found out */
bool file_absent(const char *path);

/**
 * file_open_dir - open a directory
 * @dir_fd: the directory that @path is relative to, or AT_FDCWD
 * @ret_fd: owned by the caller; unchanged after a failure
 *
 * Return: 0, or -errno of open(2).
 */
int file_open_dir(int dir_fd, const char *path, int *ret_fd);

/**
 * file_make_dir - open a directory, and create it first if it does not exist
 * @dir_fd: the directory that @path is relative to, or AT_FDCWD
 * @ret_fd: owned by the caller; unchanged after a failure
 * @ret_made: whether the directory was created; may be NULL
 *
 * The entry in the parent directory is made durable, so that a file in the new directory is found
 * again after a power failure.
 *
 * Return: 0, or -errno of mkdir(2) or open(2).
 */
int file_make_dir(int dir_fd, const char *path, int *ret_fd, bool *ret_made);

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
 * file_read_text - read a regular file of less than 64 KiB into memory
 * @ret_text: owned by the caller
 *
 * Return: 0; -ENOMEM; otherwise as file_read().
 */
int file_read_text(int dir_fd, const char *name, char **ret_text);

/**
 * file_write - create a file with a text and make its content durable
 *
 * An older file of that name is removed first. The name itself becomes durable with a file_sync()
 * of the directory. After a failure a part of the file may exist.
 *
 * Return: 0, or -errno of open(2), write(2) (-ENOSPC) or fsync(2).
 */
int file_write(int dir_fd, const char *name, const char *text);

/**
 * file_remove - remove a file
 *
 * Return: 0, also if the file does not exist; otherwise -errno of unlink(2).
 */
int file_remove(int dir_fd, const char *name);

/** file_sync - make a file, or the entries of a directory, durable. Return: 0, or -errno. */
int file_sync(int fd);
