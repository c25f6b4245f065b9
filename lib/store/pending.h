/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "store/store.h"

/** A change that is on disk under temporary names. */
struct store_pending {
	enum { STORE_NOTHING, STORE_WRITE, STORE_REMOVE } kind;
	int dir_fd;
	bool committed;
	int policy_fd;  /* -1 where policy/ is absent, with STORE_REMOVE */
	char *old_file; /* the two texts to go back to; NULL for none */
	char *old_policy;
	bool made_policy_dir;
	bool changes; /* the store will not be what it was */
	bool broken;  /* it could not be put back */
	char file[SYSFS_NAME_MAX];
	char file_new[SYSFS_NAME_MAX];
	char policy[SYSFS_NAME_MAX];
	char policy_new[SYSFS_NAME_MAX];
};

#define STORE_PENDING_NONE \
	{ \
		.kind = STORE_NOTHING, .dir_fd = -1, .policy_fd = -1 \
	}

/**
 * store_prepare - write an override's two files under temporary names, durably
 * @p: to be given to store_commit() or store_discard(), also after a failure
 *
 * The folders are made where they are missing.
 *
 * Return: 0; -ENAMETOOLONG; -errno of mkdir(2), open(2), write(2) (-ENOSPC) or fsync(2).
 */
int store_prepare(struct store_pending *p, const char *bus, const char *name, const char *driver,
	const char *policy_text);

/**
 * store_prepare_removal - see that an override can be removed
 *
 * Return: 0; -ENOENT where none is saved; -EROFS, -EACCES; other -errno.
 */
int store_prepare_removal(struct store_pending *p, const char *bus, const char *name);

/**
 * store_commit - make a prepared change the valid one, durably
 *
 * Return: 0; -errno of renameat(2), unlinkat(2) or fsync(2): the store then is as it was before, or
 * @p->broken.
 */
int store_commit(struct store_pending *p);

/** store_revert - make what was valid before store_commit() valid again, or @p->broken */
void store_revert(struct store_pending *p);

/**
 * store_tidy - end what a killed call began: a change that counts already gets its last name, what
 * was only prepared is removed
 *
 * For who holds the lock, before a change.
 *
 * Return: 0 (also where there is nothing to do), or -errno.
 */
int store_tidy(const char *bus, const char *name);

/** store_discard - remove the temporary files and free @p; for use as a cleanup function too. */
void store_discard(struct store_pending *p);
