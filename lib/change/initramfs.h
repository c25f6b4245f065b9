/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an initramfs takes along of the store, and the command that rebuilds it.
 */
#pragma once

#include "use/use.h"

/**
 * initramfs_export - copy a saved override for an initramfs
 * @file: BUS-NAME
 * @root: the folder that becomes the initramfs; etc/driverctl.d is made in it
 * @ret_dev, @ret_use: for -EBUSY: the device and what uses it
 *
 * A device whose disk is in use, and which is not on its saved driver, is left out: an initramfs
 * that keeps the disk's driver from it would find no root.
 *
 * Return: 0, also where it has just been removed; -EBUSY where it was left out; -EBADMSG where the
 * file is not one valid name; other -errno of reading and writing.
 */
int initramfs_export(
	const char *file, const char *root, struct device *ret_dev, struct use *ret_use);

/**
 * initramfs_command - what makes the initramfs anew, where one may hold an older store
 *
 * Return: a command for a person to type; NULL where no tool that takes the store along is here.
 */
const char *initramfs_command(void);
