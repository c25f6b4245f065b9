/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A saved override, read together with its policy, and the device it is for.
 */
#pragma once

#include "kernel/device.h"
#include "store/policy.h"

/**
 * saved_read - read the saved override of a device, and find out whether it is for this very device
 * @ret_policy: the policy that counts; its driver is "" if none does
 *
 * Return: 0; -ESTALE if the override was set for another device, with all outputs filled in;
 * -ENOENT if nothing is saved; -ENODEV if the device is being removed; otherwise -errno of
 * store_read() or device_identity().
 */
int saved_read(
	const struct device *dev, char ret_driver[SYSFS_NAME_MAX], struct policy *ret_policy);
