/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns which connections matter. Asks for no route. */
#include "use/peer.h"

#include "kernel/netdisk.h"
#include "use/mountinfo.h"

#include <errno.h>

#define MOUNTINFO "/proc/self/mountinfo"
#define NFS_SERVERS "/proc/fs/nfsfs/servers"

static int add(struct peers *peers, const struct peer *peer, const char *user)
{
	int err = util_grow(&peers->items, peers->n, sizeof(*peers->items));
	struct peer *added;

	if (err < 0)
		return err;
	added = &peers->items[peers->n];
	*added = *peer;
	added->user = strdup(user);
	if (!added->user)
		return -ENOMEM;
	peers->n++;
	return 0;
}

/* The address is all that a person knows it by. */
static int add_address(struct peers *peers, const struct peer *peer)
{
	char text[ADDRESS_TEXT_MAX];

	address_print(&peer->remote, text);
	return add(peers, peer, text);
}

/* --- mounts --- */

static bool is_network_type(const char *type)
{
	static const char *const types[] = { "nfs", "nfs4", "cifs", "smb3" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (streq(type, types[i]))
			return true;
	return false;
}

int peer_add_mount(struct peers *peers, char *line)
{
	struct mountinfo mount;
	char *save = NULL;

	if (!mountinfo_parse(line, &mount) || !is_network_type(mount.type))
		return 0;
	mountinfo_unescape(mount.target);
	for (char *s = strtok_r(mount.options, ",", &save); s; s = strtok_r(NULL, ",", &save)) {
		struct peer peer = { .kind = USE_NET_MOUNT };
		const char *text = util_after_prefix(s, "addr=");
		int err;

		if (!text || !address_parse(text, &peer.remote))
			continue;
		err = add(peers, &peer, mount.target);
		if (err < 0)
			return err;
	}
	return 0;
}

/* --- NFS servers --- */

static bool is_known(const struct peers *peers, const struct address *remote)
{
	for (size_t i = 0; i < peers->n; i++)
		if (address_equal(&peers->items[i].remote, remote))
			return true;
	return false;
}

/* The fields are the version and the address: "v4 c0000201  801   1 server". */
int peer_add_nfs(struct peers *peers, const char *line)
{
	struct peer peer = { .kind = USE_NFS };
	const char *field = line + strcspn(line, " ");
	char digits[40];

	if (*line != 'v' || !*field)
		return 0;
	field++;
	if (util_format(digits, sizeof(digits), "%.*s", (int)strcspn(field, " \n"), field) < 0)
		return 0;
	if (!address_parse_hex(digits, &peer.remote) || is_known(peers, &peer.remote))
		return 0;
	return add_address(peers, &peer);
}

/* --- all of them --- */

static int add_nfs_line(struct peers *peers, char *line)
{
	return peer_add_nfs(peers, line);
}

static int add_lines(struct peers *peers, FILE *f, int (*add_line)(struct peers *, char *))
{
	CLEANUP_FREE char *line = NULL;
	size_t room = 0;
	int err = 0;

	while (err >= 0 && getline(&line, &room, f) > 0)
		err = add_line(peers, line);
	if (ferror(f))
		return -EIO;
	return err;
}

/* @optional: the file is missing if the kernel has no NFS */
static int add_file(struct peers *peers, const char *path, bool optional,
	int (*add_line)(struct peers *, char *))
{
	FILE *f = fopen(path, "re");
	int err;

	if (!f)
		return optional && errno == ENOENT ? 0 : -errno;
	err = add_lines(peers, f, add_line);
	fclose(f);
	return err;
}

static int add_disks(struct peers *peers)
{
	static const enum use_kind kinds[] = {
		[NETDISK_ISCSI] = USE_ISCSI,
		[NETDISK_NVME] = USE_NVME,
	};
	CLEANUP_FREE struct netdisk *disks = NULL;
	size_t n;
	int err = netdisk_list(&disks, &n);

	for (size_t i = 0; i < n; i++) {
		struct peer peer = {
			.kind = kinds[disks[i].kind],
			.remote = disks[i].remote,
			.local = disks[i].local,
		};
		int result;

		memcpy(peer.interface, disks[i].interface, sizeof(peer.interface));
		result = add_address(peers, &peer);
		if (result < 0)
			return result;
	}
	return err;
}

static int add_caller(struct peers *peers, const struct use_caller *caller)
{
	const struct peer peer = {
		.kind = USE_SSH,
		.remote = caller->client,
		.local = caller->server,
	};

	return caller->client.family ? add_address(peers, &peer) : 0;
}

int peer_list(const struct use_caller *caller, struct peers *ret)
{
	int err;

	*ret = (struct peers){ 0 };
	err = add_caller(ret, caller);
	if (err < 0)
		return err;
	err = add_file(ret, MOUNTINFO, false, peer_add_mount);
	if (err < 0)
		return err;
	err = add_file(ret, NFS_SERVERS, true, add_nfs_line);
	if (err < 0)
		return err;
	return add_disks(ret);
}

void peer_free(struct peers *peers)
{
	for (size_t i = 0; i < peers->n; i++)
		free(peers->items[i].user);
	free(peers->items);
	*peers = (struct peers){ 0 };
}
