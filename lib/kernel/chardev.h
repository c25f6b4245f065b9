/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Character devices, by their numbers: the dev attributes of /sys, and the majors of /proc/devices.
 */
#pragma once

#include "kernel/device.h"

#include <sys/types.h>

/** A set of numbers. */
struct chardevs {
	dev_t *numbers;
	size_t n;
};

/**
 * chardev_list - the character devices of a device
 * @ret: added to
 *
 * These are all that have a directory below that of the device, whatever lies in between: classes
 * (drm, watchdog, tty, infiniband_verbs, vfio-dev), and other devices, which depend on this one: on
 * a bus that begins at it (virtio, USB, SCSI, vdpa), or behind it, if it is a PCI bridge. Disks and
 * interfaces of such devices count in the same way (blockdev_list(), net_list()).
 *
 * Left out are block devices, and input devices: systemd-logind opens each that has keys or
 * switches, also the jacks of a sound card, and the kernel takes them away from their readers
 * without waiting. The directory net has no character devices, but may have many directories.
 *
 * Return: 0, also if the device was removed; -ENOMEM; -EBADMSG if a dev attribute is not a number;
 * other -errno of reading a directory, a link or an attribute.
 * Source: device_add() in Linux drivers/base/core.c creates dev for each device with a number;
 * evdev_cleanup() in drivers/input/evdev.c.
 */
int chardev_list(const struct device *dev, struct chardevs *ret);

/**
 * chardev_list_class - chardev_list() for the devices of one class
 * @class: the directory that the class has in that of the device, for example "vfio-dev"
 */
int chardev_list_class(const struct device *dev, const char *class, struct chardevs *ret);

/**
 * chardev_read - read the number of a device from its dev attribute
 * @dir: the device's directory
 *
 * Return: 0; -EBADMSG if it is not a number; -errno of sysfs_read(), for example -ENOENT.
 */
int chardev_read(const char *dir, dev_t *ret);

/** chardev_parse - read a text as the kernel writes a number: "10:130". Return: whether it is one.
 */
bool chardev_parse(const char *text, dev_t *ret);

/** chardevs_add - add a number, once. Return: 0, or -ENOMEM. */
int chardevs_add(struct chardevs *set, dev_t number);

/** chardevs_have - whether a number is in a set */
bool chardevs_have(const struct chardevs *set, dev_t number);

/** chardevs_free - free the numbers; also for use as a cleanup function */
void chardevs_free(struct chardevs *set);

/**
 * chardev_node - the path that the node of a device has by default
 * @ret: /dev/NAME; "character device MAJOR:MINOR" if the kernel does not tell
 *
 * Source: dev_uevent() in Linux drivers/base/core.c, DEVNAME.
 */
void chardev_node(dev_t number, char ret[SYSFS_NAME_MAX]);

/**
 * chardev_major - find the major number that is registered by a name
 *
 * Return: the number; -ENOENT if there is none; other -errno of reading /proc/devices.
 */
int chardev_major(const char *name);

/**
 * chardev_parse_major - read a line of /proc/devices: "511 vfio-dev"
 * @line: without its newline
 *
 * Return: whether the line has this name.
 * Source: chrdev_show() in Linux fs/char_dev.c and devinfo_show() in fs/proc/devices.c.
 */
bool chardev_parse_major(const char *line, const char *name, unsigned int *ret);
