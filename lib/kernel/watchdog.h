/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The watchdogs whose drivers do not say which device they are.
 */
#pragma once

#include "kernel/chardev.h"

/**
 * watchdog_list - the nodes of a watchdog that has no directory below its device
 * @ret: added to
 *
 * The driver of Intel's 6300ESB, which virtual machines have, registers its watchdog without a
 * parent. Such a watchdog counts as that of each device whose driver has the name by which the
 * watchdog identifies itself. The first watchdog is also /dev/watchdog.
 *
 * Return: 0, also if the kernel has no such watchdog, or does not tell its identity; -ENOMEM;
 * -errno of reading a link, a directory or a dev attribute. Source: esb_probe() in Linux
 * drivers/watchdog/i6300esb.c; watchdog_cdev_register() in drivers/watchdog/watchdog_dev.c;
 * CONFIG_WATCHDOG_SYSFS.
 */
int watchdog_list(const struct device *dev, struct chardevs *ret);
