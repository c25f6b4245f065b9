/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A device: what the kernel says of its state and of its identity.
 */
#pragma once

#include "kernel/bus.h"

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
 * device_is_pci_address - whether a name is a PCI address as the kernel writes it, 0000:01:00.0
 *
 * The domain has four digits or more: behind a VMD controller, it is 10000.
 */
bool device_is_pci_address(const char *name);

/**
 * device_pci_address - write a PCI address as the kernel does: in lower case, with its domain
 * @name: for example 01:00.0, which is in domain 0000
 * @ret: changed also if @name is no address
 *
 * Return: whether @name is a PCI address.
 */
bool device_pci_address(const char *name, char ret[SYSFS_NAME_MAX]);

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
 * device_is_added - whether the kernel lets drivers match a device
 *
 * A PCI device exists, and is announced, before drivers may match it. It also still exists when
 * they may no longer: then bind returns ENODEV. On other buses, and without /proc/bus/pci, the
 * answer is true.
 *
 * Source: pci_bus_add_device() in Linux drivers/pci/bus.c and pci_stop_dev() in
 * drivers/pci/remove.c: a file of /proc/bus/pci is created just before, and is removed before
 * uevent is; pci_proc_attach_device() in drivers/pci/proc.c for its name.
 */
bool device_is_added(const struct device *dev);

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
 * "(null)" and an empty driver_override both mean none.
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
 * device_class - the class of a PCI device
 * @ret: six lower-case hexadecimal digits: class, subclass, interface; "" if the device has no
 * class
 */
void device_class(const struct device *dev, char ret[7]);

/** device_is_bridge - whether a device is a bridge, which is never assigned to a guest */
bool device_is_bridge(const struct device *dev);

/**
 * device_is_pci_bridge - whether a device is a bridge to other devices, which no VFIO driver takes
 *
 * Source: vfio_pci_core_register_device() in Linux drivers/vfio/pci/vfio_pci_core.c, which wants
 * PCI_HEADER_TYPE_NORMAL.
 */
bool device_is_pci_bridge(const struct device *dev);

/**
 * device_physfn - the physical function of a virtual function; never blocks
 * @ret_name: "" if the device is not a virtual function, and after a failure
 *
 * Return: 0, also if the device is not a virtual function; otherwise -errno of readlink(2).
 */
int device_physfn(const struct device *dev, char ret_name[SYSFS_NAME_MAX]);

/**
 * device_virtfn - a virtual function of the same physical function as a virtual function
 * @number: counted from 0
 *
 * Return: 0; -ENOENT if there is no function with that number; other -errno of realpath(3).
 */
int device_virtfn(const struct device *dev, unsigned int number, struct device *ret);

/**
 * device_count_vfs - the number of enabled virtual functions of a physical function; may block
 * @ret: 0 if the device is not a physical function
 *
 * Return: 0; otherwise -errno of reading sriov_numvfs.
 */
int device_count_vfs(const struct device *dev, unsigned long *ret);

/**
 * device_modalias - the ids of a device, for which modules and drivers are chosen
 * @ret: "" if the device has none, and after a failure
 *
 * Return: 0; -ENODEV for a PCI device that is being removed (each has a modalias); other -errno.
 */
int device_modalias(const struct device *dev, char ret[SYSFS_VALUE_MAX]);

/**
 * device_place - the place of a PCI device, which no renumbering of the buses changes
 * @ret_place: the host bridge and the device.function of each step below it, pci0000:00/1c.4/00.0;
 *             "" on other buses, where the name itself is the place
 *
 * It has no bus numbers, because these change when a card is added. Never blocks.
 *
 * Return: 0; -ENAMETOOLONG; -errno of readlink(2) if the path of the device is a link.
 */
int device_place(const struct device *dev, char ret_place[PATH_MAX]);

/**
 * device_physfn_place - the place of the physical function of a virtual function
 *
 * Return: as device_place(); -ENOENT if the device is not a virtual function.
 */
int device_physfn_place(const struct device *dev, char ret_place[PATH_MAX]);

/**
 * device_vf_number - the number of a virtual function, from 0; never blocks
 *
 * Return: 0; -ENOENT if the device is not a virtual function; otherwise -errno of readlink(2).
 */
int device_vf_number(const struct device *dev, int *ret);

/**
 * device_identity - ids and place of a device: what an override remembers of the device
 * @ret_modalias: as device_modalias()
 * @ret_path: as device_place()
 *
 * Return: 0; otherwise as device_modalias() and device_place().
 */
int device_identity(
	const struct device *dev, char ret_modalias[SYSFS_VALUE_MAX], char ret_path[PATH_MAX]);
