/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices: found by any name a user may give, listed by bus, and what identifies one.
 */
#pragma once

#include "kernel/sysfs.h"

#include <limits.h>

#define DEVICE_BUS_MAX 64

struct device {
	char bus[DEVICE_BUS_MAX];
	char name[SYSFS_NAME_MAX];
	char path[PATH_MAX]; /* its folder below /sys/devices; "" where the device is absent */
};

/**
 * device_lookup - find the device that an argument names
 * @arg: 0000:01:00.0, 01:00.0, BUS/NAME, BUS-NAME (the bus is the longest prefix that is a folder
 *       of /sys/bus), a path below /sys, or the name of a network interface
 * @default_bus: where a bare name is looked for first; a valid name
 * @devpath: DEVPATH of the environment or NULL; used only when its last part is the device given
 *
 * PCI addresses are accepted in upper case and without domain, which is 0000.
 *
 * Return: 0; -ENODEV when the device is absent (@ret then has bus, name and an empty path);
 * -EINVAL when @arg cannot name a device; -EBADMSG when a @devpath that is to be used is not the
 * device's; other -errno of the file system.
 */
int device_lookup(
	const char *arg, const char *default_bus, const char *devpath, struct device *ret);

#define DEVICE_KEY_MAX (DEVICE_BUS_MAX + SYSFS_NAME_MAX)

/** device_key - the key of a device, BUS-NAME, by which the store and the locks know it */
void device_key(const struct device *dev, char ret_key[DEVICE_KEY_MAX]);

/** device_bus_valid - whether a string can name a bus. */
bool device_bus_valid(const char *bus);

/**
 * device_split_bus - split BUS-NAME at the longest BUS that is a folder of /sys/bus
 * @ret_bus: the bus
 *
 * Return: where NAME begins in @arg, or NULL where no bus fits.
 */
const char *device_split_bus(const char *arg, char ret_bus[DEVICE_BUS_MAX]);

/** device_is_below - whether a resolved path lies below a device's folder */
bool device_is_below(const char *path, const char *folder);

/**
 * device_is_present - false where the kernel has begun to take the device away
 *
 * Source: device_del() in Linux drivers/base/core.c: uevent goes before the files of the bus,
 * driver_override among them, and before the folder.
 */
bool device_is_present(const struct device *dev);

/**
 * device_is_added - whether drivers may match a device
 *
 * A PCI device is there, and announced, before they may, and still there when they may no longer:
 * its bind file answers ENODEV then. On other buses, and without /proc/bus/pci: true.
 *
 * Source: pci_bus_add_device() in Linux drivers/pci/bus.c and pci_stop_dev() in its remove.c: a
 * file in /proc/bus/pci comes just before, and goes before uevent does; pci_proc_attach_device()
 * in proc.c for its name.
 */
bool device_is_added(const struct device *dev);

struct device_state {
	char driver[SYSFS_NAME_MAX];   /* the driver bound; "" for none */
	char override[SYSFS_NAME_MAX]; /* driver_override; "" for none */
};

/**
 * device_read_state - what is bound and what is asked for; may block (sysfs.h)
 * @dir_fd, @path: the device's folder
 *
 * "(null)" and an empty driver_override both mean none.
 *
 * Return: 0; -ENOENT where the device is gone or has no driver_override; other -errno.
 * Source: driver_override_show() in Linux drivers/pci/pci-sysfs.c prints "(null)" for none.
 */
int device_read_state(int dir_fd, const char *path, struct device_state *ret);

/**
 * device_class - the base class of a PCI device
 * @ret: two lower-case hexadecimal digits, or "" where the device has no class
 */
void device_class(int dir_fd, const char *path, char ret[3]);

/**
 * device_identity - ids and place of a device: what an override remembers of the one it was set for
 * @ret_modalias: "" where the device has none
 * @ret_path: "" on other buses than PCI
 *
 * The place is the host bridge and the device.function steps below it, without bus numbers, which
 * move when a card is added: pci0000:00/1c.4/00.0. On other buses the name itself is the place.
 *
 * Return: 0; -ENODEV for a PCI device that goes away: each has a modalias; other -errno.
 */
int device_identity(
	const struct device *dev, char ret_modalias[SYSFS_VALUE_MAX], char ret_path[PATH_MAX]);
/* SHIM */
int device_driver(const struct device *dev, char ret[SYSFS_NAME_MAX]);
bool device_is_vfio(const struct device *dev, const char *driver);
int device_physfn(const struct device *dev, char ret[SYSFS_NAME_MAX]);
int device_virtfn(const struct device *dev, unsigned int n, struct device *ret);
