/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The saved overrides: /etc/driverctl.d/BUS-NAME holds a driver's name and a newline, as driverctl
 * has always written it; policy/BUS-NAME.ini beside it a text of policy.h. And the lock that
 * serialises work on one device, /run/driverctl/BUS-NAME.lock; and /run/driverctl/early, the record
 * of what was written before udev started.
 *
 * A change is prepared first: everything that can fail for want of space or permission fails then.
 * The commit is a rename(2) for each file. The store's own is the moment from which the change
 * counts; until the policy has its name too it is read under its temporary one, which means this
 * only while the other temporary file is gone: that is the first to be made and the last to be
 * removed. So the two files are the old ones or the new ones whenever the process is killed.
 * Temporary files have one fixed name for each device; they are written under its lock only, and
 * what a killed process left is for store_tidy().
 */
#pragma once

#include "kernel/sysfs.h"

#include <sys/types.h>

#define STORE_DIR "/etc/driverctl.d"
#define STORE_LOCK_DIR "/run/driverctl"

/**
 * store_read - the saved driver of a device, as written: a driver's or a module's name
 *
 * Return: 0; -ENOENT where none is saved; -EBADMSG where the file is not one valid name; other
 * -errno of open(2) and read(2).
 */
int store_read(const char *bus, const char *name, char ret_driver[SYSFS_NAME_MAX]);

/** store_has - whether a device has a file in the store, be it a link that leads nowhere */
bool store_has(const char *bus, const char *name);

/**
 * store_read_policy - the text of a saved override's policy
 * @ret_text: owned by the caller
 *
 * Return: 0; -ENOENT where there is none; -EBADMSG for more than 64 KiB or a NUL byte in it;
 * -ENOMEM; other -errno.
 */
int store_read_policy(const char *bus, const char *name, char **ret_text);

/**
 * store_list - the names of the devices on a bus with a saved override, sorted
 * @bus: NULL for the store's files as they are: BUS-NAME
 * @ret_names: owned by the caller (util_strv_freep()); NULL for none
 *
 * Whether the files hold a name is for store_read() to say. Of "fsl" the names begin with "mc-"
 * where the bus is fsl-mc: which bus a name has is for device_split_bus() to say.
 *
 * Return: 0 (also where there is no store), or -errno.
 */
int store_list(const char *bus, char ***ret_names);

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

/**
 * store_lock - take the lock of a device, waiting for it
 * @deadline_ms: util_now_ms() at which to give up
 * @holder: called with the pid of the process that holds it, each time it is another; may be NULL
 *
 * Return: a descriptor to close(2); -ETIMEDOUT; -errno of mkdir(2) or open(2).
 */
int store_lock(const char *bus, const char *name, int64_t deadline_ms,
	void (*holder)(pid_t pid, void *userdata), void *userdata);

/** store_lock_mark - note in a lock, the descriptor, that its device is on the wanted driver */
void store_lock_mark(int fd);

/**
 * store_lock_marked_ms - how long ago that was
 *
 * Return: milliseconds; INT64_MAX where the last who took the lock has not marked it.
 */
int64_t store_lock_marked_ms(const char *bus, const char *name);

/**
 * store_copy - copy an override's files, as they are, below another root
 * @root: a folder; etc/driverctl.d/policy is made in it
 *
 * Return: 0; -errno of reading or writing.
 */
int store_copy(const char *bus, const char *name, const char *root);

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
