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

#define WANTED_MARK RUNDIR "/driverctl/rules"

enum wanted_by { WANTED_NOTHING, WANTED_KERNEL, WANTED_SAVED, WANTED_RULE };

/** wanted_by_word - "", "kernel-command-line", "saved" or "rule" */
const char *wanted_by_word(enum wanted_by by);

struct wanted {
	enum wanted_by by;
	char rule[SYSFS_NAME_MAX];   /* WANTED_RULE: the rule's name */
	char driver[SYSFS_NAME_MAX]; /* a driver or a module; "" for the native driver, or with
					@best if no driver has been chosen yet */
	char module[SYSFS_NAME_MAX]; /* what to load for the driver; "" for nothing */
	bool best;                   /* rank the VFIO drivers at every load */
};

/**
 * wanted_in_effect - whether what is wanted is in effect
 * @driver: the bound driver of the device; "" for none
 * @best: the module that the ranking chooses now, "" if it chooses none; NULL if that is not to be
 *        found out: then any VFIO driver will do where the best one is wanted
 *
 * A driver may be wanted by its name, or by that of its module. "none" wants no driver at all.
 */
bool wanted_in_effect(const struct wanted *wanted, const struct device *dev, const char *driver,
	const char *best);

/** What is read once for many devices. */
struct wanted_sources {
	bool has_kernel, has_rules; /* has been read */
	struct cmdline_overrides kernel;
	struct rules rules;
	char **excluded;                   /* of excluded.h; read with the rules */
	const struct rules_change *change; /* the rules are read with it; NULL for none */
};

/**
 * wanted_prepare - read the kernel's command line and all rules, unless that has been done
 * @sources: zeroed at first; free it with wanted_free()
 *
 * Return: 0; otherwise as cmdline_read(), rules_read() or excluded_read().
 */
int wanted_prepare(struct wanted_sources *sources);

/**
 * wanted_read - find out what is wanted for a device
 * @sources: as of wanted_prepare(); what is needed and not yet read is read
 * @ret: filled in also with -ESTALE, -EBADMSG and -ENOENT
 *
 * Rules are for devices that are present; one for a VFIO driver is for no PCI bridge. Only those
 * facts of the device are read that the rules ask for.
 *
 * Return: 0; -ENOENT if nothing is wanted, or by a rule for "native" (@ret->by then is
 * WANTED_RULE); -ESTALE if the saved override was set for another device; -EBADMSG if the store's
 * file is not one valid name; -EAGAIN if the kernel is still adding the device, and does not yet
 * say whether it is a virtual function; -ENODEV if it is being removed; otherwise -errno of
 * saved_get(), wanted_prepare() or of reading the device.
 */
int wanted_read(const struct device *dev, struct wanted_sources *sources, struct wanted *ret);

/**
 * wanted_wait - wanted_read(), and wait while the kernel is adding the device
 * @deadline_ms: the util_now_ms() until which to wait
 *
 * Return: as wanted_read(); -EAGAIN at the deadline.
 */
int wanted_wait(const struct device *dev, struct wanted_sources *sources, int64_t deadline_ms,
	struct wanted *ret);

/** Takes a device that a rule decides, @wanted->rule. Return: 0 to go on; otherwise the end's
 * result. */
typedef int (*wanted_fn)(const struct device *dev, const struct wanted *wanted, void *userdata);

/**
 * wanted_each_ruled - call @fn for each present device that a rule decides
 * @sources: prepared
 *
 * Those are the devices with a driver_override, and without a saved override or one of the kernel's
 * command line. They include those that a rule leaves to their native drivers. A device that cannot
 * be read is skipped.
 *
 * Return: 0; what @fn returned; -ENOMEM.
 */
int wanted_each_ruled(struct wanted_sources *sources, wanted_fn fn, void *userdata);

/**
 * wanted_each_changed - call @fn for each present device that a change of a rule may move
 * @before, @after: prepared, without the change and with it
 * @name: the rule
 *
 * Those are the devices that the rule decides before or after the change.
 *
 * Return: 0; -errno that @fn returned; -ENOMEM; -errno of reading a device: then it is not known
 * which devices are concerned. One that has gone meanwhile is not.
 */
int wanted_each_changed(struct wanted_sources *before, struct wanted_sources *after,
	const char *name, int (*fn)(const struct device *dev, void *userdata), void *userdata);

/**
 * wanted_list - list the keys of the devices for which something is wanted, sorted by byte value
 * @sources: prepared
 * @ret_keys: owned by the caller (util_strv_freep()); NULL if there are none. A saved override and
 *            one of the kernel's command line may be for a device that is absent
 *
 * Reads the facts of devices that the rules ask for. A device that cannot be read is not listed.
 *
 * Return: 0; -ENOMEM; otherwise -errno of saved_list().
 */
int wanted_list(struct wanted_sources *sources, char ***ret_keys);

/**
 * wanted_mark - tell udev's rule whether to ask for devices without a saved override
 * @sources: prepared
 *
 * The rule sees directories of rules by itself, but neither credentials nor the kernel's command
 * line: the file WANTED_MARK exists if there is anything else than saved overrides. A failure here
 * concerns devices that appear later.
 */
void wanted_mark(const struct wanted_sources *sources);

/** wanted_free - free what was read; also for use as a cleanup function */
void wanted_free(struct wanted_sources *sources);
