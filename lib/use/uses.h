/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What uses a device. Each part of lib/use adds to a list of uses.
 */
#pragma once

#include "base/address.h"
#include "kernel/sysfs.h"

#include <sys/types.h>

/** What a use is. The first one says most about what would be lost. */
enum use_kind {
	USE_NONE,
	USE_MOUNT,   /* @node is mounted at @user */
	USE_SWAP,    /* @node is swap */
	USE_DEVICE,  /* @node is part of the block device @user */
	USE_PROCESS, /* @node is open in process @pid, whose program is @user; or, if @pid is 0, in
			one that /proc does not show */
	USE_FUNCTIONS, /* @user (a number) virtual functions are enabled on it */
	USE_MDEVS,     /* @user (a number) mediated devices are active on it */
	/* Interface @node, or @through above it, carries ... */
	USE_ROUTE,     /* the default route */
	USE_SSH,       /* the ssh connection from @user, by which the caller is there */
	USE_NET_MOUNT, /* the file system mounted at @user */
	USE_NFS,       /* the connection to the NFS server @user */
	USE_ISCSI,     /* the session with the iSCSI target @user */
	USE_NVME,      /* the connection to the NVMe target @user */
	USE_NAMESPACE, /* the device's interface is in another network namespace. @node: its name,
			  or "" */
	USE_CLAIMED,   /* @node is in use by something without a name */
	USE_UNKNOWN,   /* @node could not be opened: @error */
	USE_HIDDEN,    /* @node may be open in a process that /proc does not show */
};

struct use {
	enum use_kind kind;
	int error; /* -errno */
	pid_t pid;
	char node[SYSFS_NAME_MAX]; /* /dev/... */
	char user[PATH_MAX];
	char through[16]; /* the interface above @node; "" for @node itself */
};

/** What uses a device, as far as could be seen. */
struct uses {
	struct use *items; /* the one that says most comes first */
	size_t n;
	size_t unseen; /* processes that could not be looked into */
	int error;     /* the first -errno of what could not be read; 0 */
};

/** Who asks, if that is a person, or a tool on a person's behalf. */
struct use_caller {
	struct address client; /* of the caller's ssh connection; family 0 for none */
	struct address server; /* the host's own address in it */
};

enum use_flags {
	USE_FIND_DISKS = 1, /* only the uses of disks */
	USE_FIND_NAMED = 2, /* only those that have a name, for people to read, not to decide by:
			       no disk and no node is opened */
};

/** uses_free - free the list, which is empty then; also for use as a cleanup function */
void uses_free(struct uses *uses);

/*
 * For the parts of lib/use. A failure does not keep them from looking for other uses.
 */

/** uses_note - note an -errno, unless there is one already. 0 and more are no error. */
void uses_note(struct uses *uses, int err);

/**
 * uses_add - add a use behind those that say as much or more
 * @use: copied; one that is in the list already is not added again
 *
 * Without memory, that is noted.
 */
void uses_add(struct uses *uses, const struct use *use);

/** uses_add_new - uses_add() with these members; the others are zero */
void uses_add_new(
	struct uses *uses, enum use_kind kind, const char *node, const char *user, int error);
