/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ranking for a device of this system: its tables of aliases, the modules that are excluded,
 * and the drivers that loaded modules register.
 */
#pragma once

#include "kernel/device.h"
#include "vfio/variant.h"

/**
 * table_rank_device - rank the VFIO drivers for a device
 * @deny, @n_deny: modules that the configuration excludes
 * @ret: the ranking; free it with variant_ranking_free(). Empty after an error
 *
 * If modules.alias is missing or unreadable, the ranking has the generic driver, and table_error
 * says why.
 *
 * Return: 0; -EOPNOTSUPP if the bus has no VFIO driver; -ENODATA if the device has no modalias;
 * -ENOMEM; -ELIBACC if libkmod cannot be opened; other -errno of reading the modalias.
 */
int table_rank_device(
	const struct device *dev, char *const *deny, size_t n_deny, struct variant_ranking *ret);

/**
 * table_best - the module that the ranking chooses for a device now
 * @ret: "" if it chooses none
 */
void table_best(
	const struct device *dev, char *const *deny, size_t n_deny, char ret[SYSFS_NAME_MAX]);
