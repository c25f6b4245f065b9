/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A saved override and the device it is for: the store's file and its policy read together, and
 * taken along into an initramfs.
 */
#pragma once

#include "use/use.h"
#include "store/policy.h"

/**
 * saved_read - the saved override of a device, and whether it was set for this very device
 * @ret_policy: the policy that counts, its driver "" for none
 *
 * Return: 0; -ESTALE for another device; -ENOENT with nothing saved; -ENODEV for a device that goes
 * away; other -errno of store_read()
 */
int saved_read(
	const struct device *dev, char ret_driver[SYSFS_NAME_MAX], struct policy *ret_policy);

/**
 * saved_device - the device that a file of the store is for
 * @file: BUS-NAME
 * @ret: its path empty where the device is absent
 *
 * Return: 0, or -ENODEV where the device, or its bus, is absent; other -errno of device_lookup().
 */
int saved_device(const char *file, struct device *ret);

/**
 * saved_export - copy a saved override for an initramfs
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
int saved_export(const char *file, const char *root, struct device *ret_dev, struct use *ret_use);

/**
 * saved_image_command - what makes the initramfs anew, where one may hold an older store
 *
 * Return: a command for a person to type; NULL where no tool that takes the store along is here.
 */
const char *saved_image_command(void);
