/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a text to the device that it names. Every name that driverctl reads is read here.
 */
#pragma once

#include "kernel/device.h"

/** Where a text comes from, and so which forms it may have. */
enum device_form {
	/* An argument of a command: a name as below, a path below /sys, the name of a network
	 * interface, or 01:00 if that slot has only one function. */
	DEVICE_ARGUMENT,
	/* The kernel's command line, where no interface exists yet: 0000:01:00.0, 01:00.0,
	 * BUS/NAME, or BUS-NAME (see bus_split()). */
	DEVICE_NAME,
	/* A file of the store: BUS-NAME, with the name exactly as the bus has it. */
	DEVICE_KEY,
};

/**
 * device_open - find the device that a text names
 * @default_bus: the bus on which a bare name is looked for first, a valid name; not for DEVICE_KEY
 * @devpath: for DEVICE_ARGUMENT: DEVPATH of the environment, or NULL; used only if its last part is
 *           the name of the device
 *
 * A PCI address may be in upper case, and may lack the domain, which then is 0000; a key may not.
 *
 * Return: 0; -ENODEV if the device is absent (@ret then has the bus, the name and an empty path);
 * -EXDEV if @text is an interface of a device that has no driver_override (@ret then has the bus
 * and the name of that device, and an empty path); -ENOTUNIQ if a slot has several functions (@ret
 * then has the name of the first one); -EINVAL if @text cannot name a device; -EBADMSG if a
 * @devpath that is to be used is not the path of the device; other -errno of the file system.
 */
int device_open(const char *text, enum device_form form, const char *default_bus,
	const char *devpath, struct device *ret);

/**
 * device_on_bus - the device that a bus lists by a name
 * @bus, @name: as the kernel has them
 *
 * Return: 0; -ENODEV if the device is absent (@ret->path is ""); otherwise as
 * sysfs_link_target().
 */
int device_on_bus(const char *bus, const char *name, struct device *ret);
