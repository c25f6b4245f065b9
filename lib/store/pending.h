/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A change of one saved override. It is prepared first: everything that can fail for lack of space
 * or permission fails then. The commit is one rename(2), or one unlink(2), for each of two files:
 *
 *   1. /etc/driverctl.d/KEY             prepared as /etc/driverctl.d/.KEY.new
 *   2. /etc/driverctl.d/policy/KEY.ini  prepared as /etc/driverctl.d/policy/.KEY.ini.new
 *
 * Both files are prepared and committed in this order, and put back and discarded in the reverse
 * order. This makes the change atomic, whenever the process is killed:
 *
 * - The change counts from the commit of file 1 on.
 * - From then until the commit of file 2, the policy is read under its temporary name. That is so
 *   if the temporary name of file 1 does not exist: as the first to be created and the last to be
 *   discarded, it can only have been renamed.
 * - After a removal of file 1, a policy alone means nothing.
 *
 * The temporary names are fixed for each key. Only the holder of the key's lock (lock.h) writes
 * them, and pending_tidy() cleans up after a process that was killed.
 */
#pragma once

#include "store/rules.h"

#define PENDING_FILES 2

struct pending {
	enum { PENDING_NOTHING, PENDING_WRITE, PENDING_REMOVAL } kind;
	bool changes;        /* see pending_changes() */
	bool temporary;      /* there may be files under temporary names */
	bool made_rules_dir; /* the directory rules did not exist before */
	/* In the order above. */
	struct pending_file {
		int dir_fd; /* -1: the directory does not exist, nor does the file */
		char name[SYSFS_NAME_MAX];
		char name_new[SYSFS_NAME_MAX];
		char *old; /* the text to put back; NULL: the file did not exist, or is no text */
	} files[PENDING_FILES];
};

#define PENDING_NONE \
	{ \
		.files = { { .dir_fd = -1 }, { .dir_fd = -1 } } \
	}

/**
 * pending_prepare - write the two files of an override under temporary names, durably
 * @p: PENDING_NONE; to be ended by pending_discard(), also after a failure
 * @driver: a valid name
 *
 * The directories are created if they do not exist. The caller holds the lock of @key.
 *
 * Return: 0; -ENAMETOOLONG if @key is too long; otherwise -errno of mkdir(2), open(2), read(2),
 * write(2) (-ENOSPC) or fsync(2).
 */
int pending_prepare(
	struct pending *p, const char *key, const char *driver, const char *policy_text);

/**
 * pending_compare - find out what pending_prepare() would change, and write nothing
 * @p: as of pending_prepare(); there is nothing to commit
 *
 * Return: 0; -ENAMETOOLONG; -EROFS or -EACCES if the store cannot be written; otherwise -errno of
 * open(2) or read(2).
 */
int pending_compare(
	struct pending *p, const char *key, const char *driver, const char *policy_text);

/**
 * pending_prepare_removal - find out whether an override can be removed
 * @p: PENDING_NONE; to be ended by pending_discard(), also after a failure
 *
 * This writes nothing, and needs no lock.
 *
 * Return: 0; -ENOENT if none is saved, in which case there is nothing to commit; -ENAMETOOLONG;
 * -EROFS or -EACCES if the store cannot be written; otherwise -errno of open(2) or stat(2).
 */
int pending_prepare_removal(struct pending *p, const char *key);

/**
 * pending_prepare_rule - write the file of a rule under a temporary name, durably
 * @p: as in pending_prepare(), of which there is one file
 *
 * The caller holds the lock of the rules.
 *
 * Return: 0; -EEXIST if the rule is a link, for example to /dev/null; otherwise as
 * pending_prepare().
 */
int pending_prepare_rule(struct pending *p, const char *name, const char *text);

/**
 * pending_compare_rule - find out what pending_prepare_rule() would change, and write nothing
 *
 * Return: as pending_prepare_rule(); -EACCES or -EROFS if the store cannot be written.
 */
int pending_compare_rule(struct pending *p, const char *name, const char *text);

/**
 * pending_prepare_rule_removal - find out whether a rule can be removed
 * @p: as in pending_prepare_removal(). The commit also removes the directory of the rules if it is
 *     empty then: while it exists, udev asks for every device.
 *
 * Return: as pending_prepare_removal().
 */
int pending_prepare_rule_removal(struct pending *p, const char *name);

/** pending_changes - whether the commit makes the store differ from what it is */
bool pending_changes(const struct pending *p);

/**
 * pending_commit - make a prepared change count, durably
 *
 * The caller holds the lock of the key. After a failure the change may be half done: call
 * pending_revert().
 *
 * Return: 0, also if nothing is prepared; otherwise -errno of rename(2), unlink(2) or fsync(2).
 */
int pending_commit(struct pending *p);

/**
 * pending_revert - put back what counted before pending_commit(), whether that succeeded or failed
 *
 * Return: 0; otherwise -errno of the first call that failed: the store is not as it was before.
 */
int pending_revert(struct pending *p);

/**
 * pending_discard - remove the temporary files and free @p, which becomes PENDING_NONE
 *
 * Also for use as a cleanup function. A committed change stays.
 */
void pending_discard(struct pending *p);

/**
 * pending_tidy - end what a process began that was killed
 *
 * A change that counts already is completed; one that was only prepared is discarded. The caller
 * holds the lock of @key and has prepared nothing yet.
 *
 * Return: 0, also if there is nothing to do; -ENAMETOOLONG; otherwise -errno of open(2), rename(2),
 * unlink(2) or fsync(2).
 */
int pending_tidy(const char *key);

/** pending_tidy_rule - the same for a rule. The caller holds the lock of the rules. */
int pending_tidy_rule(const char *name);

/**
 * pending_read_policy - read the policy of a change that counts and is not yet completed
 * @ret_text: owned by the caller
 *
 * Return: 0; -ENOENT if there is no such change; otherwise as file_read_text().
 */
int pending_read_policy(const char *key, char **ret_text);
