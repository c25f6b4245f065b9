/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The other ends of connections that must not break: the ssh client that the caller comes from, and
 * the servers of file systems and disks. Which interface leads there is not known here.
 */
#pragma once

#include "use/mounts.h"
#include "use/uses.h"

struct device;

struct peer {
	enum use_kind kind;
	char *user; /* see enum use_kind */
	struct address remote;
	struct address local;           /* family 0 if it is not known */
	char interface[SYSFS_NAME_MAX]; /* the only one that the connection may take; "" for any */
};

struct peers {
	struct peer *items;
	size_t n;
};

/**
 * peer_list - find all of these connections
 * @mounts: read if they have not been
 * @ret: set; freed with peer_free(), also after a failure
 *
 * Mounts are those that the caller sees, of the types nfs, nfs4, cifs and smb3. NFS servers are
 * those of the caller's network namespace, whoever has mounted them; disks are all of the host's.
 *
 * Return: 0; -ENOMEM; -errno of reading the mounts or the list of NFS servers; -errno of
 * netdisk_list().
 */
int peer_list(const struct use_caller *caller, struct mounts *mounts, struct peers *ret);

/** peer_free - for use as a cleanup function */
void peer_free(struct peers *peers);

/*
 * For peer_list(): add the peers that a text names. One that names none adds nothing.
 *
 * Return: 0; -ENOMEM.
 */

/**
 * peer_add_mount - add the server of a mount
 *
 * Source: the option addr: nfs_show_options() in Linux fs/nfs/super.c, cifs_show_address() in
 * fs/smb/client/cifsfs.c.
 */
int peer_add_mount(struct peers *peers, const struct mount *mount);

/**
 * peer_add_nfs - add an NFS server that no mount has named
 * @line: of /proc/fs/nfsfs/servers
 *
 * Source: nfs_server_list_show() in Linux fs/nfs/client.c.
 */
int peer_add_nfs(struct peers *peers, const char *line);
