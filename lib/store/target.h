/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which driver is wanted for a device, and who wants it. The first of these decides:
 *
 *   1. the kernel's command line, driverctl.override=DEVICE=DRIVER
 *   2. the saved override of the device
 *   3. the first rule that is for the device
 *
 * Callers still have to honour driverctl=off.
 */
#pragma once

#include "kernel/cmdline.h"
#include "kernel/device.h"
#include "store/rules.h"

#define TARGET_MARK RUNDIR "/driverctl/rules"

enum target_by { TARGET_NOTHING, TARGET_KERNEL, TARGET_SAVED, TARGET_RULE };

/** target_by_word - "", "kernel-command-line", "saved" or "rule" */
const char *target_by_word(enum target_by by);

struct target {
	enum target_by by;
	char rule[SYSFS_NAME_MAX];   /* TARGET_RULE: the rule's name */
	char driver[SYSFS_NAME_MAX]; /* a driver or a module; "" for the native driver, or with
					@best if no driver has been chosen yet */
	char module[SYSFS_NAME_MAX]; /* what to load for the driver; "" for nothing */
	bool best;                   /* rank the VFIO drivers at every load */
};

/**
 * target_in_effect - whether what is wanted is in effect
 * @driver: the bound driver of the device; "" for none
 * @best: the module that the ranking chooses now, "" if it chooses none; NULL if that is not to be
 *        found out: then any VFIO driver will do where the best one is wanted
 *
 * A driver may be wanted by its name, or by that of its module. "none" wants no driver at all.
 */
bool target_in_effect(const struct target *wanted, const struct device *dev, const char *driver,
	const char *best);

/** What is read once for many devices. */
struct target_sources {
	bool has_kernel, has_rules; /* has been read */
	struct cmdline_overrides kernel;
	struct rules rules;
	char **excluded;                   /* of excluded.h; read with the rules */
	const struct rules_change *change; /* the rules are read with it; NULL for none */
};

/**
 * target_prepare - read the kernel's command line and all rules, unless that has been done
 * @sources: zeroed at first; free it with target_free()
 *
 * Return: 0; otherwise as cmdline_read(), rules_read() or excluded_read().
 */
int target_prepare(struct target_sources *sources);

/**
 * target_of - find out what is wanted for a device
 * @sources: as of target_prepare(); what is needed and not yet read is read
 * @ret: filled in also with -ESTALE, -EBADMSG and -ENOENT
 *
 * Rules are for devices that are present; one for a VFIO driver is for no PCI bridge. Only those
 * facts of the device are read that the rules ask for.
 *
 * Return: 0; -ENOENT if nothing is wanted, or by a rule for "native" (@ret->by then is
 * TARGET_RULE); -ESTALE if the saved override was set for another device; -EBADMSG if the store's
 * file is not one valid name; -EAGAIN if the kernel is still adding the device, and does not yet
 * say whether it is a virtual function; -ENODEV if it is being removed; otherwise -errno of
 * saved_get(), target_prepare() or of reading the device.
 */
int target_of(const struct device *dev, struct target_sources *sources, struct target *ret);

/**
 * target_wait - target_of(), and wait while the kernel is adding the device
 * @deadline_ms: the util_now_ms() until which to wait
 *
 * Return: as target_of(); -EAGAIN at the deadline.
 */
int target_wait(const struct device *dev, struct target_sources *sources, int64_t deadline_ms,
	struct target *ret);

/** Takes a device that a rule decides, @wanted->rule. Return: 0 to go on; otherwise the end's
 * result. */
typedef int (*target_fn)(const struct device *dev, const struct target *wanted, void *userdata);

/**
 * target_each_ruled - call @fn for each present device that a rule decides
 * @sources: prepared
 *
 * Those are the devices with a driver_override, and without a saved override or one of the kernel's
 * command line. They include those that a rule leaves to their native drivers. A device that cannot
 * be read is skipped.
 *
 * Return: 0; what @fn returned; -ENOMEM.
 */
int target_each_ruled(struct target_sources *sources, target_fn fn, void *userdata);

/**
 * target_each_changed - call @fn for each present device that a change of a rule may move
 * @before, @after: prepared, without the change and with it
 * @name: the rule
 *
 * Those are the devices that the rule decides before or after the change.
 *
 * Return: 0; -errno that @fn returned; -ENOMEM; -errno of reading a device: then it is not known
 * which devices are concerned. One that has gone meanwhile is not.
 */
int target_each_changed(struct target_sources *before, struct target_sources *after,
	const char *name, int (*fn)(const struct device *dev, void *userdata), void *userdata);

/**
 * target_list - list the keys of the devices for which something is wanted, sorted by byte value
 * @sources: prepared
 * @ret_keys: owned by the caller (util_strv_freep()); NULL if there are none. A saved override and
 *            one of the kernel's command line may be for a device that is absent
 *
 * Reads the facts of devices that the rules ask for. A device that cannot be read is not listed.
 *
 * Return: 0; -ENOMEM; otherwise -errno of saved_list().
 */
int target_list(struct target_sources *sources, char ***ret_keys);

/**
 * target_mark - tell udev's rule whether to ask for devices without a saved override
 * @sources: prepared
 *
 * The rule sees directories of rules by itself, but neither credentials nor the kernel's command
 * line: the file TARGET_MARK exists if there is anything else than saved overrides. A failure here
 * concerns devices that appear later.
 */
void target_mark(const struct target_sources *sources);

/** target_free - free what was read; also for use as a cleanup function */
void target_free(struct target_sources *sources);
