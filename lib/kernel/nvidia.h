/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The nodes of NVIDIA's own driver, which have no directory in /sys.
 */
#pragma once

#include "kernel/chardev.h"

/**
 * nvidia_list - the node of a graphics card, for example /dev/nvidia0
 * @ret: added to
 *
 * /dev/nvidiactl and others belong to no single card, and are open while one is used.
 *
 * Return: 0, also if NVIDIA's driver does not have the device; -ENOMEM; -EBADMSG if the driver does
 * not tell the node; other -errno of reading the driver's file.
 * Source: nv_procfs_read_gpu_info() in NVIDIA open-gpu-kernel-modules
 * kernel-open/nvidia/nv-procfs.c; NV_MAJOR_DEVICE_NUMBER in kernel-open/common/inc/nv-linux.h.
 */
int nvidia_list(const struct device *dev, struct chardevs *ret);

/**
 * nvidia_parse_minor - find the minor number of a card's node
 * @text: of /proc/driver/nvidia/gpus/ADDRESS/information
 *
 * Return: whether it has one.
 */
bool nvidia_parse_minor(const char *text, unsigned int *ret);
