/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the name that a user gives to the driver it means. A driver's name is not derived from its
 * module's: vfio_pci registers vfio-pci, mlx5_vfio_pci keeps its name, i2c_i801 registers
 * i801_smbus. It is read from the kernel.
 */
#pragma once

#include "kernel/device.h"

struct driver {
	char name[SYSFS_NAME_MAX];   /* as /sys/bus/BUS/drivers has it */
	char module[SYSFS_NAME_MAX]; /* "" for a driver without a module */
};

enum driver_problem {
	DRIVER_OK,
	DRIVER_UNKNOWN,    /* no driver, and no module, of that name */
	DRIVER_NOT_LOADED, /* the module is known and did not load */
	DRIVER_NOT_ON_BUS, /* the module registers no driver on the bus */
	DRIVER_SEVERAL,    /* the module registers several drivers on the bus */
};

/**
 * driver_find - the driver that a name means, its module loaded where that is needed
 * @dev: the device it is for: its bus, and its modalias to find a driver whose module has
 *       another name
 * @given: a driver's or a module's name, '-' and '_' being equal; a valid name
 * @module: the module to load for it where that is known, else NULL
 * @ret_names: the names of the drivers for DRIVER_SEVERAL, else ""
 *
 * In this order: a registered driver; the drivers of the module @given, loaded if need be; after
 * loading the modules that the device's modalias names, a registered driver again.
 *
 * Return: 0 with @ret filled; else -errno with @ret_problem telling what it means.
 */
int driver_find(const struct device *dev, const char *given, const char *module, struct driver *ret,
	enum driver_problem *ret_problem, char *ret_names, size_t names_size);

/**
 * driver_is - whether a registered driver goes by a name, its own or its module's
 */
bool driver_is(const char *bus, const char *driver, const char *given);
