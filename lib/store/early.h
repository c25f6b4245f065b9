/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "store/store.h"

/**
 * store_early_note - record that an override is being written before udev has started
 * @driver: "" when it was taken back
 *
 * /run/driverctl/early has a line "BUS-NAME DRIVER" for each, without DRIVER for one taken back;
 * the last one of a device counts. After a name with a space in it comes a tab. Where nothing is
 * recorded, nothing is taken back. /run goes from the initramfs to the real root.
 *
 * Return: 0, or -errno of mkdir(2), open(2) or write(2).
 */
int store_early_note(const char *bus, const char *name, const char *driver);

/**
 * store_early_list - what is recorded and was not taken back: BUS-NAME, a tab, DRIVER
 * @ret_lines: owned by the caller (util_strv_freep()); NULL for none
 *
 * Return: 0 (also without a record), -ENOMEM, or -errno of open(2) and read(2).
 */
int store_early_list(char ***ret_lines);
