/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What only PCI devices have: addresses, classes, places, virtual functions. */
#pragma once

#include "kernel/device.h"

/**
 * pci_is_address - whether a name is a PCI address as the kernel writes it, 0000:01:00.0
 *
 * The domain has four digits or more: behind a VMD controller, it is 10000.
 */
bool pci_is_address(const char *name);

/**
 * pci_address - write a PCI address as the kernel does: in lower case, with its domain
 * @name: for example 01:00.0, which is in domain 0000
 * @ret: changed also if @name is no address
 *
 * Return: whether @name is a PCI address.
 */
bool pci_address(const char *name, char ret[SYSFS_NAME_MAX]);

/**
 * pci_is_added - whether the kernel lets drivers match a device; true on other buses
 *
 * A device exists, and is announced, before drivers may match it, and still exists when they no
 * longer may: then bind returns ENODEV. Without /proc/bus/pci, the answer is true.
 *
 * Source: pci_bus_add_device() in Linux drivers/pci/bus.c and pci_stop_dev() in
 * drivers/pci/remove.c: a file of /proc/bus/pci is created just before, and is removed before
 * uevent is; pci_proc_attach_device() in drivers/pci/proc.c for its name.
 */
bool pci_is_added(const struct device *dev);

/**
 * pci_class - the class of a device
 * @ret: six lower-case hexadecimal digits: class, subclass, interface; "" for none
 */
void pci_class(const struct device *dev, char ret[7]);

/**
 * pci_class_code - the code of a class
 * @word: the word that people use for it, for example "network"
 *
 * Return: the first two or four of the class's six digits, a static string; "" for "all"; NULL for
 * another word. Source: the PCI Code and ID Assignment Specification.
 */
const char *pci_class_code(const char *word);

/** pci_class_words - write all words, each after a space */
void pci_class_words(char *ret, size_t size);

/** pci_is_bridge - whether a device is a bridge, which is never assigned to a guest */
bool pci_is_bridge(const struct device *dev);

/**
 * pci_leads_to_devices - whether a device is a bridge to other devices, which no VFIO driver takes
 *
 * Source: vfio_pci_core_register_device() in Linux drivers/vfio/pci/vfio_pci_core.c, which wants
 * PCI_HEADER_TYPE_NORMAL.
 */
bool pci_leads_to_devices(const struct device *dev);

/**
 * pci_physfn - the physical function of a virtual function; never blocks
 * @ret_name: "" if the device is not a virtual function, and after a failure
 *
 * Return: 0, also if the device is not a virtual function; otherwise -errno of readlink(2).
 */
int pci_physfn(const struct device *dev, char ret_name[SYSFS_NAME_MAX]);

/**
 * pci_virtfn - a virtual function of the same physical function as a virtual function
 * @number: counted from 0
 *
 * Return: 0; -ENOENT if there is no function with that number; other -errno of realpath(3).
 */
int pci_virtfn(const struct device *dev, unsigned int number, struct device *ret);

/**
 * pci_count_vfs - the number of enabled virtual functions of a physical function; may block
 * @ret: 0 if the device is not a physical function
 *
 * Return: 0; otherwise -errno of reading sriov_numvfs.
 */
int pci_count_vfs(const struct device *dev, unsigned long *ret);

/**
 * pci_vf_number - the number of a virtual function, from 0; never blocks
 *
 * Return: 0; -ENOENT if the device is not a virtual function; otherwise -errno of readlink(2).
 */
int pci_vf_number(const struct device *dev, int *ret);

/**
 * pci_place - the place of a device, which no renumbering of the buses changes; never blocks
 * @ret_place: the host bridge and the device.function of each step below it, pci0000:00/1c.4/00.0;
 *             "" on other buses, where the name itself is the place
 *
 * It has no bus numbers, because these change when a card is added.
 *
 * Return: 0; -ENAMETOOLONG; -errno of readlink(2) if the path of the device is a link.
 */
int pci_place(const struct device *dev, char ret_place[PATH_MAX]);

/**
 * pci_physfn_place - the place of the physical function of a virtual function
 *
 * Return: as pci_place(); -ENOENT if the device is not a virtual function.
 */
int pci_physfn_place(const struct device *dev, char ret_place[PATH_MAX]);

/**
 * pci_identity - ids and place of a device of any bus: what an override remembers of it
 *
 * Return: 0; otherwise as device_modalias() and pci_place().
 */
int pci_identity(
	const struct device *dev, char ret_modalias[SYSFS_VALUE_MAX], char ret_place[PATH_MAX]);
