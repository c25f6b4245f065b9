/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What "show" reads of a device, and objects that other commands print as well. */
#pragma once

#include "cmd.h"
#include "kernel/iommu.h"
#include "kernel/mdev.h"
#include "store/saved.h"
#include "use/uses.h"
#include "vfio/table.h"

#include <json.h>

struct target;

struct show {
	struct device dev;
	char modalias[SYSFS_VALUE_MAX];
	char class_id[32], vendor_id[32], device_id[32]; /* as in sysfs; "" on other buses */
	char class_name[SYSFS_NAME_MAX], vendor_name[SYSFS_NAME_MAX], device_name[SYSFS_NAME_MAX];
	bool overridable;
	struct device_state state;
	int saved_error; /* of saved_get() */
	struct saved saved;
	int target_error; /* of target_of() */
	struct target *wanted;
	int rank_error; /* of table_rank_device() */
	struct variant_ranking ranking;
	char **native; /* modules */
	struct iommu_group group;
	char vfs_total[16], vfs_enabled[16], autoprobe[16]; /* "" for none */
	char physfn[SYSFS_NAME_MAX];                        /* of a virtual function, else "" */
	struct mdev_parent mdev;
	char **interfaces;
	int use_error; /* of use_gather() */
	struct uses uses;
	bool old_image; /* the initramfs is older than the store */
};

/** show_json - print a device for a program */
void show_json(const struct show *s);

/**
 * show_json_best - the best VFIO driver of a device, and the whole ranking
 * @ranking: a variant of it is chosen
 *
 * Return: a new object, which the caller owns.
 */
struct json_object *show_json_best(const struct device *dev, const struct variant_ranking *ranking);

/** show_json_use - a use of a device. Return: a new object, which the caller owns. */
struct json_object *show_json_use(const struct use *use);
