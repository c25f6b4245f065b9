/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's files that bind a device to a driver. Each function writes once or a few times, and
 * may block (sysfs.h). The order of the steps, and what follows a failure, are lib/change's.
 */
#pragma once

#include "kernel/device.h"

/**
 * binding_write_override - set driver_override
 * @override: "" clears it
 *
 * Return: 0; otherwise -errno of sysfs_write().
 * Source: driver_set_override() in Linux drivers/base/driver.c: a lone newline clears it.
 */
int binding_write_override(const struct device *dev, const char *override);

/**
 * binding_unbind - take the device away from its driver
 *
 * Return: 0; -ENODEV if @driver is not bound to it; other -errno of sysfs_write().
 */
int binding_unbind(const struct device *dev, const char *driver);

/**
 * binding_bind - give the device to a driver that matches it
 *
 * A driver may have no bind file (suppress_bind_attrs). Then every driver of the bus is asked, and
 * driver_override ensures that only the wanted one matches.
 *
 * Return: 0; -errno that the driver's probe returned; without a bind file as binding_probe().
 * Source: device_driver_attach() in Linux drivers/base/dd.c.
 */
int binding_bind(const struct device *dev, const char *driver);

/**
 * binding_probe - ask every driver of the bus to take the device
 *
 * Return: 0, also if no driver took it, a probe failed or was deferred, or the device was removed;
 * other -errno of sysfs_write().
 * Source: drivers_probe_store() in Linux drivers/base/bus.c: EINVAL for a deferred probe, ENODEV
 * for no such device.
 */
int binding_probe(const struct device *dev);

/**
 * binding_probe_native - load the modules that the device's modalias names, then binding_probe()
 *
 * It is not an error if no module loads, or no driver takes the device.
 *
 * Return: as binding_probe().
 */
int binding_probe_native(const struct device *dev);

/** binding_is - whether a driver is bound now; "" for none. Never blocks. */
bool binding_is(const struct device *dev, const char *driver);

/**
 * binding_forget_vfio_id - remove the device's ids from vfio-pci
 *
 * vfio-pci would take the device again at once if its ids had been written to new_id.
 */
void binding_forget_vfio_id(const struct device *dev);
