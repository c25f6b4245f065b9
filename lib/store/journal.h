/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What driverctl did last with each device since the host was started, and who wanted it. Events of
 * udev consult it, so that they do not undo what a person has decided, or repeat what has been
 * done; and a load finds in it what an older initramfs, or a rule that was removed, has set.
 *
 * JOURNAL_DIR/KEY is the entry of a device, a few lines "KEY=VALUE", which is replaced as a whole:
 *
 *   by        hand, hand-nosave, saved, kernel-command-line or rule
 *   how       set, unset, load or early
 *   override  that was written, or is about to be; empty if it was cleared
 *   driver    that was bound; empty for none
 *   time      of util_now_ms()
 *   instance  of device_instance(): the entry of another instance counts for nothing
 *   rule      the name of the rule, with by=rule
 *
 * Other keys are ignored. What cannot be read is no entry.
 */
#pragma once

#include "kernel/device.h"
#include "store/store.h"

#define JOURNAL_DIR STORE_RUN_DIR "/journal"

/** Who wanted it. */
enum journal_by {
	JOURNAL_NOBODY, /* there is no entry */
	JOURNAL_HAND,   /* a person, and it was saved */
	JOURNAL_HAND_NOSAVE,
	JOURNAL_SAVED, /* a saved override */
	JOURNAL_KERNEL,
	JOURNAL_RULE,
};

enum journal_how {
	JOURNAL_SET,
	JOURNAL_UNSET,
	JOURNAL_LOAD,
	JOURNAL_EARLY, /* the early step has written the override, perhaps in an initramfs. A load
			  since then is no reason to forget that */
};

struct journal {
	enum journal_by by;
	enum journal_how how;
	char rule[SYSFS_NAME_MAX];     /* JOURNAL_RULE: its name; otherwise "" */
	char override[SYSFS_NAME_MAX]; /* "": it was cleared */
	char driver[SYSFS_NAME_MAX];   /* "": none was bound */
	int64_t ms;                    /* util_now_ms() */
	uint64_t instance;             /* set by journal_write() */
};

/**
 * journal_read - read the entry of a device
 * @ret: JOURNAL_NOBODY if there is none, if it cannot be read, or if the device was removed since
 *       and has come back
 */
void journal_read(const struct device *dev, struct journal *ret);

/** journal_find - read the entry of a key, whichever instance of the device it is of */
void journal_find(const char *key, struct journal *ret);

/** journal_is_by_hand - whether a person has decided */
bool journal_is_by_hand(const struct journal *entry);

/** journal_has_loaded - whether a load has bound the device to @entry->driver */
bool journal_has_loaded(const struct journal *entry);

/**
 * journal_write - replace the entry of a device. The caller holds the device's lock
 * @entry: JOURNAL_NOBODY drops it
 *
 * Return: 0; -ENAMETOOLONG; otherwise -errno of mkdir(2), open(2), write(2) (-ENOSPC), rename(2) or
 * unlink(2).
 */
int journal_write(const struct device *dev, const struct journal *entry);

/**
 * journal_list - list the keys of the devices that have an entry, sorted by byte value
 * @ret_keys: owned by the caller (util_strv_freep()); NULL if there are none
 *
 * Return: 0, also if there is no journal; -ENOMEM; otherwise -errno of opendir(3) or readdir(3).
 */
int journal_list(char ***ret_keys);
