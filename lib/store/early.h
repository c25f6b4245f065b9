/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The record of the early step: which overrides were written before udev started. /run goes from
 * the initramfs to the real root, so that an override of an older store can be found and cleared.
 *
 * /run/driverctl/early has one line "KEY DRIVER" for each override. A tab instead of the space
 * follows a key that contains a space. A line without DRIVER says that the override was cleared.
 * The last line of a key counts.
 */
#pragma once

#define EARLY_DIR RUNDIR "/driverctl"
#define EARLY_FILE EARLY_DIR "/early"

/**
 * early_note - record that an override is about to be written, or was cleared
 * @driver: "" if it was cleared; that is not recorded if there is no record yet
 *
 * Return: 0; -ENOSPC; otherwise -errno of mkdir(2), open(2) or write(2).
 */
int early_note(const char *key, const char *driver);

/**
 * early_list - list the overrides that were recorded and not cleared
 * @ret_lines: KEY, a tab and DRIVER; owned by the caller (util_strv_freep()); NULL if there are
 * none
 *
 * Return: 0, also if there is no record; -ENOMEM; otherwise -errno of open(2) or read(2).
 */
int early_list(char ***ret_lines);
