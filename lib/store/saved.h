/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A saved override and the device it is for: the store's file and its policy read together.
 */
#pragma once

#include "kernel/device.h"
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
