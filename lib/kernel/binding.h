/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's files that bind a device to a driver. Each call is one write or a few; each may
 * block (sysfs.h). In what order, and what to do when one fails, is for override.h.
 */
#pragma once

#include "kernel/device.h"

/**
 * binding_write_override - set driver_override; "" clears it
 *
 * Return: 0, or -errno of open(2) or the kernel's.
 * Source: driver_set_override() in Linux drivers/base/driver.c: a lone newline clears it.
 */
int binding_write_override(const struct device *dev, const char *override);

/** binding_unbind - take the device from its driver. Return: 0, or -errno (-ENODEV: not bound). */
int binding_unbind(const struct device *dev, const char *driver);

/**
 * binding_bind - give the device to a driver that matches it
 *
 * A driver without a file for it (suppress_bind_attrs) is asked with all others; driver_override
 * sees to it that only the wanted one matches.
 *
 * Return: 0, or -errno: what its probe returned; what binding_probe() did.
 * Source: device_driver_attach() in Linux drivers/base/dd.c.
 */
int binding_bind(const struct device *dev, const char *driver);

/**
 * binding_probe - ask every driver of the bus
 *
 * Return: 0 also where none took it, one's probe failed or was put off, or the device has gone;
 * -errno of open(2) or write(2).
 * Source: drivers_probe_store() in Linux drivers/base/bus.c: EINVAL for a probe that was put off,
 * ENODEV for no such device.
 */
int binding_probe(const struct device *dev);

/**
 * binding_probe_native - load the modules that the device's modalias names, then binding_probe()
 *
 * That no module loads, or no driver takes the device, is no error.
 *
 * Return: as binding_probe().
 */
int binding_probe_native(const struct device *dev);

/** binding_is - whether a driver is bound now; "" for none */
bool binding_is(const struct device *dev, const char *driver);

/**
 * binding_forget_vfio_id - remove the device's ids from vfio-pci
 *
 * An id that was registered by new_id would take the device again at once.
 */
void binding_forget_vfio_id(const struct device *dev);

/**
 * binding_restore - put back an override, then a driver
 *
 * Return: 0, or the first -errno; goes on all the same.
 */
int binding_restore(const struct device *dev, const struct device_state *before);
