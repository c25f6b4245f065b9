/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the name that a user gives to the driver that it means. The name of a driver cannot be
 * derived from that of its module: vfio_pci registers vfio-pci, mlx5_vfio_pci keeps its name,
 * i2c_i801 registers i801_smbus. It is read from the kernel.
 */
#pragma once

#include "kernel/device.h"

/** The name that stands for no driver at all. */
#define DRIVER_NONE "none"

struct driver {
	char name[SYSFS_NAME_MAX];   /* as /sys/bus/BUS/drivers has it */
	char module[SYSFS_NAME_MAX]; /* "" for a driver without a module */
};

/** Whether driver_find() may load a module. */
enum driver_load {
	DRIVER_LOAD,
	DRIVER_LOOK, /* no: the name of the driver of a module that is not loaded is not known */
};

enum driver_problem {
	DRIVER_OK,
	DRIVER_UNKNOWN,    /* there is no driver and no module of that name */
	DRIVER_NOT_LOADED, /* the module exists and did not load */
	DRIVER_NOT_ON_BUS, /* the module registers no driver on the bus */
	DRIVER_SEVERAL,    /* the module registers several drivers on the bus */
};

/**
 * driver_find - find the driver that a name means, and load its module if necessary
 * @dev: the device that the driver is for: its bus is searched
 * @given: the name of a driver or a module; '-' and '_' are equal; a valid name
 * @module: the module to load for the driver, or NULL if it is not known
 * @load: with DRIVER_LOOK, the name of a module that is not loaded stands for its driver's
 * @ret_problem: what the failure means
 * @ret_names: for DRIVER_SEVERAL the names of the drivers, otherwise ""
 *
 * These are tried in turn: a registered driver; one that @module registers; the drivers of the
 * module @given, which is loaded if necessary. No other module is loaded: a native one would bind
 * to the device, and to others like it, because of a mistyped name.
 *
 * Return: 0; -ENOENT for an unknown driver, or one that is not on the bus; -EINVAL if the module
 * registers none, or several; other -errno of module_load() or of reading /sys.
 */
int driver_find(const struct device *dev, const char *given, const char *module,
	enum driver_load load, struct driver *ret, enum driver_problem *ret_problem,
	char *ret_names, size_t names_size);

/** driver_is_vfio - whether the name of a driver or module is that of a VFIO driver */
bool driver_is_vfio(const char *name);

/** driver_is - whether a name means a registered driver: it is the driver's or its module's name */
bool driver_is(const char *bus, const char *driver, const char *given);
