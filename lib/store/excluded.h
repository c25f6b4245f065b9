/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The devices that no rule is for, by identity. Only an initramfs has such a list: of the devices
 * that were in use when it was built. There, no disk is mounted yet that would tell.
 *
 * STORE_DIR/excluded has one line "BUS PLACE MODALIAS" for each device, separated by tabs. PLACE is
 * that of pci_place(), or the name on buses whose devices have none.
 */
#pragma once

#include "kernel/device.h"
#include "store/store.h"

#define EXCLUDED_NAME "excluded"
#define EXCLUDED_FILE STORE_DIR "/" EXCLUDED_NAME

/**
 * excluded_line - the line for a device
 * @ret_line: without a newline; owned by the caller
 *
 * Return: 0; -ENOMEM; otherwise as pci_identity().
 */
int excluded_line(const struct device *dev, char **ret_line);

/**
 * excluded_read - read the list
 * @ret_lines: owned by the caller (util_strv_freep()); NULL if there is no list
 *
 * Return: 0; -ENOMEM; otherwise -errno of fopen(3) or getline(3).
 */
int excluded_read(char ***ret_lines);

/**
 * excluded_has - whether a device is in the list
 *
 * It is if its place is. It also is if it may have been moved: it has the modalias of a device of
 * the list, and no device with that modalias is at the place of the list.
 *
 * Return: 1; 0; otherwise as pci_identity().
 */
int excluded_has(char *const *lines, const struct device *dev);
