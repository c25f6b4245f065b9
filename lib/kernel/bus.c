/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the layout of /sys/bus. Reads and writes no attribute. */
#include "kernel/bus.h"

#include "base/util.h"

bool bus_valid(const char *bus)
{
	return util_name_valid(bus) && strlen(bus) < BUS_NAME_MAX;
}

bool bus_exists(const char *bus)
{
	return bus_valid(bus) && !sysfs_absent(SYSFS_BUS, bus);
}

bool bus_is_mounted(void)
{
	return sysfs_has(SYSFS, "bus");
}

const char *bus_split(const char *arg, char ret_bus[BUS_NAME_MAX])
{
	for (size_t n = strnlen(arg, BUS_NAME_MAX - 1); n > 0; n--) {
		if (arg[n] != '-' || !arg[n + 1])
			continue;
		memcpy(ret_bus, arg, n);
		ret_bus[n] = '\0';
		if (bus_exists(ret_bus))
			return arg + n + 1;
	}
	return NULL;
}

void bus_dir(const char *bus, char ret_dir[PATH_MAX])
{
	util_format(ret_dir, PATH_MAX, SYSFS_BUS "/%s", bus);
}

void bus_devices_dir(const char *bus, char ret_dir[PATH_MAX])
{
	util_format(ret_dir, PATH_MAX, SYSFS_BUS "/%s/devices", bus);
}

void bus_driver_dir(const char *bus, const char *driver, char ret_dir[PATH_MAX])
{
	util_format(ret_dir, PATH_MAX, SYSFS_BUS "/%s/drivers/%s", bus, driver);
}
