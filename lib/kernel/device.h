/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A device: what the kernel says of its state and of its identity. */
#pragma once

#include "base/util.h"
#include "kernel/sysfs.h"

struct device {
	char bus[BUS_NAME_MAX];
	char name[SYSFS_NAME_MAX];
	char path[PATH_MAX]; /* its directory below /sys/devices; "" if the device is absent */
};

struct device_state {
	char driver[SYSFS_NAME_MAX];   /* the bound driver; "" for none */
	char override[SYSFS_NAME_MAX]; /* driver_override; "" for none */
};

#define DEVICE_KEY_MAX (BUS_NAME_MAX + SYSFS_NAME_MAX)

/** device_key - the key of a device, BUS-NAME, by which the store and the locks know it */
void device_key(const struct device *dev, char ret_key[DEVICE_KEY_MAX]);

/**
 * device_listed - a device as its bus lists it
 * @dir: bus_devices_dir() of @bus, or "." if that is the working directory
 * @name: a name in that directory
 * @ret: its path is the link in @dir; to follow it takes a system call
 */
void device_listed(const char *bus, const char *dir, const char *name, struct device *ret);

/**
 * device_is_present - whether a device exists; false if the kernel has begun to remove it
 *
 * Source: device_del() in Linux drivers/base/core.c removes uevent before the files of the bus
 * (driver_override among them) and before the directory.
 */
bool device_is_present(const struct device *dev);

/**
 * device_instance - a number that no other device has had since the host was started, not even one
 * of the same name before or after this one
 *
 * Return: 0 if the device is absent.
 * Source: kernfs_new_node() in Linux fs/kernfs/dir.c: the inode number of a directory of /sys, with
 * a generation where it has only 32 bits.
 */
uint64_t device_instance(const struct device *dev);

/**
 * device_driver - read the bound driver; never blocks
 * @ret_driver: "" for none, for an absent device, and after a failure
 *
 * Return: 0, also for none; otherwise -errno of readlink(2).
 */
int device_driver(const struct device *dev, char ret_driver[SYSFS_NAME_MAX]);

/**
 * device_read_state - read the bound driver and driver_override; may block (sysfs.h)
 *
 * Return: 0; -ENOENT if the device was removed or has no driver_override; other -errno.
 * Source: driver_override_show() in Linux drivers/pci/pci-sysfs.c prints "(null)" for none.
 */
int device_read_state(const struct device *dev, struct device_state *ret);

/**
 * device_is_vfio - whether a device is a VFIO device
 * @driver: the bound driver
 *
 * Linux before 6.1 has no vfio-dev/. The VFIO drivers of that time all have "vfio" in their names.
 */
bool device_is_vfio(const struct device *dev, const char *driver);

/**
 * device_modalias - the ids of a device, for which modules and drivers are chosen
 * @ret: "" if the device has none, and after a failure
 *
 * Return: 0; -ENODEV for a PCI device that is being removed (each has a modalias); other -errno.
 */
int device_modalias(const struct device *dev, char ret[SYSFS_VALUE_MAX]);
