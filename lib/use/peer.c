/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "use/peer.h"

#include "kernel/netdisk.h"

#include <errno.h>

/* @user: NULL if a person knows it by its address alone */
static int add(struct peers *peers, const struct peer *peer, const char *user)
{
	char text[ADDRESS_TEXT_MAX];
	struct peer added = *peer;

	if (util_grow(&peers->items, peers->n, sizeof(*peers->items)) < 0)
		return -ENOMEM;
	address_print(&peer->remote, text);
	added.user = strdup(user ? user : text);
	if (!added.user)
		return -ENOMEM;
	peers->items[peers->n++] = added;
	return 0;
}

int peer_add_mount(struct peers *peers, const struct mount *mount)
{
	static const char *const types[] = { "nfs", "nfs4", "cifs", "smb3" };
	bool network = false;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		network = network || streq(mount->type, types[i]);
	if (!network)
		return 0;
	for (const char *s = mount->options; *s; s += strcspn(s, ","), s += *s == ',') {
		struct peer peer = { .kind = USE_NET_MOUNT };
		const char *text = util_after_prefix(s, "addr=");
		char address[ADDRESS_TEXT_MAX];

		if (!text || util_format(address, sizeof(address), "%.*s", (int)strcspn(text, ","),
				     text) < 0)
			continue;
		if (address_parse(address, &peer.remote) && add(peers, &peer, mount->target) < 0)
			return -ENOMEM;
	}
	return 0;
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
	if (!address_parse_hex(digits, &peer.remote))
		return 0;
	for (size_t i = 0; i < peers->n; i++)
		if (address_equal(&peers->items[i].remote, &peer.remote))
			return 0;
	return add(peers, &peer, NULL);
}

static int add_nfs_servers(struct peers *peers)
{
	CLEANUP_FREE char *line = NULL;
	FILE *f = fopen("/proc/fs/nfsfs/servers", "re");
	size_t room = 0;
	int err = 0;

	/* It is missing if the kernel has no NFS. */
	if (!f)
		return errno == ENOENT ? 0 : -errno;
	while (err >= 0 && getline(&line, &room, f) > 0)
		err = peer_add_nfs(peers, line);
	if (ferror(f))
		err = -EIO;
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

		memcpy(peer.interface, disks[i].interface, sizeof(peer.interface));
		if (add(peers, &peer, NULL) < 0)
			return -ENOMEM;
	}
	return err;
}

int peer_list(const struct use_caller *caller, struct mounts *mounts, struct peers *ret)
{
	const struct peer ssh = {
		.kind = USE_SSH,
		.remote = caller->client,
		.local = caller->server,
	};
	int err;

	*ret = (struct peers){ 0 };
	if (caller->client.family && add(ret, &ssh, NULL) < 0)
		return -ENOMEM;
	err = mounts_read(mounts);
	for (size_t i = 0; i < mounts->n && err >= 0; i++)
		err = peer_add_mount(ret, &mounts->items[i]);
	if (err >= 0)
		err = add_nfs_servers(ret);
	return err < 0 ? err : add_disks(ret);
}

void peer_free(struct peers *peers)
{
	for (size_t i = 0; i < peers->n; i++)
		free(peers->items[i].user);
	free(peers->items);
	*peers = (struct peers){ 0 };
}
