/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Buses: their names, and the directories below /sys/bus.
 */
#pragma once

#include "kernel/sysfs.h"

/** bus_valid - whether a string can name a bus */
bool bus_valid(const char *bus);

/** bus_exists - whether the kernel has a bus; true also if that cannot be found out */
bool bus_exists(const char *bus);

/** bus_is_mounted - whether /sys/bus exists: in a container or chroot it may not */
bool bus_is_mounted(void);

/**
 * bus_split - split BUS-NAME at the longest BUS that exists
 * @ret_bus: BUS
 *
 * Return: a pointer to NAME in @arg, or NULL if no bus matches.
 */
const char *bus_split(const char *arg, char ret_bus[BUS_NAME_MAX]);

/** bus_dir - the directory of a bus, which has drivers_probe and drivers/. @bus: valid */
void bus_dir(const char *bus, char ret_dir[PATH_MAX]);

/** bus_devices_dir - the directory with a link for each device of a bus. @bus: valid */
void bus_devices_dir(const char *bus, char ret_dir[PATH_MAX]);

/** bus_driver_dir - the directory of a driver, which has bind and unbind. @bus, @driver: valid */
void bus_driver_dir(const char *bus, const char *driver, char ret_dir[PATH_MAX]);
