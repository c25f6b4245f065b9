/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the access to udev's databases. Reads no attribute of a device. */
#include "kernel/model.h"

#include "base/util.h"

#include <libudev.h>

struct model_database {
	struct udev *udev;
	struct udev_hwdb *hwdb;
};

struct model_database *model_open(void)
{
	struct model_database *models = calloc(1, sizeof(*models));

	if (!models)
		return NULL;
	models->udev = udev_new();
	if (!models->udev)
		model_close(&models);
	return models;
}

void model_close(struct model_database **models)
{
	if (*models && (*models)->hwdb)
		udev_hwdb_unref((*models)->hwdb);
	if (*models && (*models)->udev)
		udev_unref((*models)->udev);
	free(*models);
	*models = NULL;
}

void model_of(struct model_database *models, const char *path, char *ret, size_t size)
{
	struct udev_device *device = udev_device_new_from_syspath(models->udev, path);
	const char *model = NULL;

	if (device)
		model = udev_device_get_property_value(device, "ID_MODEL_FROM_DATABASE");
	util_format(ret, size, "%s", model ? model : "");
	udev_device_unref(device);
}

void model_name(struct model_database *models, const char *modalias, const char *property,
	char *ret, size_t size)
{
	struct udev_list_entry *list;
	const char *name = NULL;

	ret[0] = '\0';
	if (!models->hwdb)
		models->hwdb = udev_hwdb_new(models->udev);
	if (!models->hwdb)
		return;
	list = udev_hwdb_get_properties_list_entry(models->hwdb, modalias, 0);
	list = udev_list_entry_get_by_name(list, property);
	if (list)
		name = udev_list_entry_get_value(list);
	util_format(ret, size, "%s", name ? name : "");
}
