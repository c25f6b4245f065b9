/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The saved overrides. Each has two files: STORE_DIR/KEY contains a driver's name and a newline, as
 * driverctl has always written it; STORE_POLICY_DIR/KEY.ini contains a text of policy.h. KEY is
 * BUS-NAME, see device_key().
 *
 * savefile.h says how a change of both is atomic: the driver's file is the first one. A policy
 * alone means nothing, and neither does one that names another driver: the shell driverctl, or a
 * person, has changed the driver's file since.
 */
#pragma once

#include "kernel/device.h"
#include "store/policy.h"
#include "store/savefile.h"
#include "store/store.h"

struct saved {
	char driver[SYSFS_NAME_MAX]; /* as written: the name of a driver or a module */
	struct policy policy;        /* its driver is "" if no policy counts */
};

/**
 * saved_get - read the saved override of a device, and find out whether it is for this very device
 *
 * Return: 0; -ESTALE if it was set for another device, or its policy is damaged, with @ret filled
 * in; -ENOENT if nothing is saved; -EBADMSG if the file is not one valid name; -ENODEV if the
 * device is being removed; otherwise -errno of open(2), read(2) or pci_identity().
 */
int saved_get(const struct device *dev, struct saved *ret);

/**
 * saved_driver - read the driver of a saved override alone
 *
 * Return: 0; otherwise as saved_get().
 */
int saved_driver(const char *key, char ret_driver[SYSFS_NAME_MAX]);

/**
 * saved_policy_text - read the text of a saved override's policy, whether or not it counts
 * @ret_text: owned by the caller
 *
 * Return: 0; -ENOENT if there is none; otherwise as file_read_text().
 */
int saved_policy_text(const char *key, char **ret_text);

/** saved_has - whether the store has a file for a device, even if it is a link to nothing */
bool saved_has(const char *key);

/**
 * saved_list - list the keys of all saved overrides, sorted by byte value
 * @ret_keys: owned by the caller (util_strv_freep()); NULL if there are none
 *
 * Any file whose name has the form of a key is listed: saved_driver() finds out whether it contains
 * a driver's name, and bus_split() where the bus ends.
 *
 * Return: 0, also if there is no store; -ENOMEM; otherwise -errno of opendir(3) or readdir(3).
 */
int saved_list(char ***ret_keys);

/**
 * saved_put - prepare to save an override
 * @save: zeroed; committed and discarded by the caller, who holds the lock of @key
 * @dry_run: see savefile_prepare()
 *
 * A modalias that the format of a policy cannot hold is left out: the path identifies the device.
 *
 * Return: 0; -ENAMETOOLONG if @key is too long; -EINVAL if the path cannot be written either;
 * -ENOMEM; otherwise as savefile_prepare().
 */
int saved_put(struct savefile *save, const char *key, struct saved *saved, bool dry_run);

/**
 * saved_delete - prepare to remove a saved override
 * @save: as of saved_put(); no lock is needed before the commit
 *
 * Return: 0; -ENOENT if nothing is saved; -ENAMETOOLONG; otherwise as savefile_prepare_removal().
 */
int saved_delete(struct savefile *save, const char *key, bool dry_run);

/** saved_tidy - end what a killed process has begun. Return: as savefile_tidy(); -ENAMETOOLONG. */
int saved_tidy(const char *key);

/**
 * saved_copy - copy the files of an override, as they are, into another store
 * @dir_fd: its directory, in which the one of the policies is created
 *
 * Return: 0; -ENOENT if nothing is saved; -EFBIG if the policy cannot be read as a text; otherwise
 * -errno of reading or writing.
 */
int saved_copy(const char *key, int dir_fd);
