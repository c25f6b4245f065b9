/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From an argument to the device that it names.
 */
#pragma once

#include "kernel/device.h"

/**
 * lookup_device - find the device that an argument names
 * @arg: 0000:01:00.0, 01:00.0, BUS/NAME, BUS-NAME (see bus_split()), a path below /sys, or the name
 *       of a network interface; 01:00 if that slot has only one function
 * @default_bus: the bus on which a bare name is looked for first; a valid name
 * @devpath: the environment's DEVPATH, or NULL; used only if its last part is the name of the
 *           device
 *
 * A PCI address may be in upper case, and may lack the domain, which then is 0000.
 *
 * Return: 0; -ENODEV if the device is absent (@ret then has the bus, the name and an empty path);
 * -EXDEV if @arg is an interface of a device that has no driver_override (@ret then has the bus and
 * the name of that device, and an empty path); -ENOTUNIQ if a slot has several functions (@ret then
 * has the name of the first one); -EINVAL if @arg cannot name a device; -EBADMSG if a
 * @devpath that is to be used is not the path of the device; other -errno of the file system.
 */
int lookup_device(
	const char *arg, const char *default_bus, const char *devpath, struct device *ret);

/** lookup_is_address - whether a word is a PCI address or slot, in any form that lookup_device()
 * takes */
bool lookup_is_address(const char *word);

/**
 * lookup_named - find a device by its name alone
 * @arg: 0000:01:00.0, 01:00.0, BUS/NAME, or BUS-NAME
 * @default_bus: as of lookup_device()
 *
 * Return: 0; -ENODEV if the device is absent (@ret then has the bus, the name and an empty path);
 * -EINVAL if @arg cannot be a name; other -errno of the file system.
 */
int lookup_named(const char *arg, const char *default_bus, struct device *ret);
