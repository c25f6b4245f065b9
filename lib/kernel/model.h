/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of devices for people. Only this file uses libudev, and only for names: libudev caches
 * attributes, sysfs.h does not. A program that shows no names does not load the library.
 */
#pragma once

#include "kernel/sysfs.h"

/** Model names from udev's database. */
struct model_database;

/** model_open - Return: a handle for model_close(), or NULL if there is no memory. */
struct model_database *model_open(void);
void model_close(struct model_database **models);

/**
 * model_of - read ID_MODEL_FROM_DATABASE of a device from udev
 * @ret: ended by NUL; "" if it is not known
 */
void model_of(struct model_database *models, const char *path, char *ret, size_t size);

/**
 * model_name - a property by which the hardware database names a device
 * @modalias: of the device
 * @property: for example ID_PCI_SUBCLASS_FROM_DATABASE
 * @ret: ended by NUL; "" if it is not known
 *
 * Unlike model_of(), this works without udev running. It opens a database of about 10 MB.
 */
void model_name(struct model_database *models, const char *modalias, const char *property,
	char *ret, size_t size);
