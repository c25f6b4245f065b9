/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The initramfs: the saved overrides that it takes along, and the command that rebuilds it.
 */
#pragma once

#include "use/uses.h"

struct device;

/**
 * initramfs_export - copy a saved override for an initramfs
 * @key: BUS-NAME
 * @root: the directory that becomes the initramfs; etc/driverctl.d is created in it
 * @ret_dev, @ret_use: with -EBUSY: the device, and the use of a disk that says most
 *
 * An override is excluded if a disk of the device is in use and the device is not on its saved
 * driver: such an initramfs would keep the disk's driver from the device, and find no root.
 *
 * Return: 0, also if the override has just been removed; -EBUSY if it is excluded; -EBADMSG if the
 * store's file is not one valid name; -EINVAL if it is not a saved override at all; otherwise
 * -errno of reading or writing.
 */
int initramfs_export(
	const char *key, const char *root, struct device *ret_dev, struct use *ret_use);

/**
 * initramfs_command - find the command that rebuilds an initramfs which may have an older store
 *
 * Return: a command for a person to type; NULL if no tool is installed that takes the store along.
 */
const char *initramfs_command(void);
