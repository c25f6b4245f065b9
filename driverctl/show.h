/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Everything about one device, and its two forms.
 */
#pragma once

#include "cmd.h"
#include "kernel/iommu.h"
#include "kernel/mdev.h"
#include "store/saved.h"
#include "vfio/table.h"

#include <json.h>

struct show {
	struct device dev;
	char modalias[SYSFS_VALUE_MAX];
	char class_id[32], vendor_id[32], device_id[32]; /* as sysfs has them; "" on other buses */
	char class_name[SYSFS_NAME_MAX], vendor_name[SYSFS_NAME_MAX], device_name[SYSFS_NAME_MAX];
	bool overridable;
	struct device_state state;
	int saved_error; /* of saved_read() */
	char saved[SYSFS_NAME_MAX];
	struct policy policy;
	int rank_error; /* of table_rank_device() */
	struct variant_ranking ranking;
	char **native; /* modules */
	struct iommu_group group;
	char vfs_total[16], vfs_enabled[16], autoprobe[16]; /* "" for none */
	char physfn[SYSFS_NAME_MAX];                        /* of a virtual function, else "" */
	struct mdev_parent mdev;
	char **interfaces;
	int use_error;
	struct use holder;
};

/** show_text - for a person to read at a glance; to be freed; NULL without memory */
char *show_text(const struct options *options, const struct show *s);

/** show_json - for programs: an object; to be freed; NULL without memory */
char *show_json(const struct show *s);

/** show_variant - add the members that describe a variant, here and in best-vfio */
void show_variant(struct json_object *object, const struct variant *v);

/** show_variants - a ranking as JSON has it, here and in best-vfio; a new array */
struct json_object *show_variants(const struct variant_ranking *ranking);

/** show_free - give it back, with all that was read; for use as a cleanup function */
void show_free(struct show **s);
