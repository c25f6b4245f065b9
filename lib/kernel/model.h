/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of devices for people. The only user of libudev, and of it only for these: live attributes,
 * which libudev caches, come from sysfs.h. Apart from device.h, so that what names no device does
 * not load the library.
 */
#pragma once

#include "kernel/sysfs.h"

/** Model names from udev's database. */
struct model_database;

/** model_open - Return: a handle for model_close(), or NULL without memory. */
struct model_database *model_open(void);
void model_close(struct model_database **models);

/**
 * model_of - ID_MODEL_FROM_DATABASE of a device
 * @ret: ended by NUL; "" where it is not known
 */
void model_of(struct model_database *models, const char *path, char *ret, size_t size);

/**
 * model_name - a property by which the hardware database names a device
 * @modalias: of the device
 * @property: ID_PCI_SUBCLASS_FROM_DATABASE, say
 * @ret: ended by NUL; "" where it is not known
 *
 * Unlike model_of() this needs no running udev; it opens a database of some 10 MB.
 */
void model_name(struct model_database *models, const char *modalias, const char *property,
	char *ret, size_t size);
