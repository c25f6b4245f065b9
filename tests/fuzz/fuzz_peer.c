/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Texts that name an address. Parts: a line of mountinfo, one of the NFS servers, SSH_CONNECTION,
 * the address of an NVMe controller, an address.
 */
#include "kernel/netdisk.h"
#include "session.h"
#include "use/peer.h"
#include "fuzz.h"

#include <sys/socket.h>

static void check_address(const struct address *address)
{
	struct address again;
	char text[ADDRESS_TEXT_MAX];

	address_print(address, text);
	fuzz_promise(address->family == AF_INET || address->family == AF_INET6);
	fuzz_promise(address_parse(text, &again) && address_equal(address, &again));
	fuzz_promise(streq(address->scope, again.scope));
}

/* An address that is not known has no family. */
static void check_unknown(const struct address *address)
{
	if (address->family)
		check_address(address);
	else
		fuzz_promise(!address->scope[0]);
}

static void check_peers(const struct peers *peers, size_t length)
{
	for (size_t i = 0; i < peers->n; i++) {
		check_address(&peers->items[i].remote);
		fuzz_promise(peers->items[i].user && strlen(peers->items[i].user) < length + 64);
	}
}

static void check_mount(char *line)
{
	size_t length = strlen(line);
	CLEANUP(peer_free) struct peers peers = { 0 };
	struct mount mount;

	if (!mounts_parse(line, &mount))
		return;
	fuzz_promise(strlen(mount.number) + strlen(mount.target) + strlen(mount.type) +
			     strlen(mount.source) + strlen(mount.options) <=
		     length);
	fuzz_promise(peer_add_mount(&peers, &mount) == 0);
	check_peers(&peers, length);
}

static void check_nfs(const char *line)
{
	CLEANUP(peer_free) struct peers peers = { 0 };

	fuzz_promise(peer_add_nfs(&peers, line) == 0);
	fuzz_promise(peers.n <= 1);
	check_peers(&peers, strlen(line));
	fuzz_promise(peer_add_nfs(&peers, line) == 0 && peers.n <= 1);
}

static void check_session(const char *value)
{
	struct use_caller caller;

	if (session_parse(value, &caller)) {
		check_address(&caller.client);
		check_address(&caller.server);
	} else {
		fuzz_promise(!caller.client.family && !caller.server.family);
	}
}

static void check_target(const char *text)
{
	struct netdisk disk;
	bool found = netdisk_parse_nvme(text, &disk);

	fuzz_promise(found == (disk.remote.family != 0));
	check_unknown(&disk.remote);
	check_unknown(&disk.local);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	CLEANUP_FREE char *mount = fuzz_part(&input, NULL), *nfs = fuzz_part(&input, NULL);
	CLEANUP_FREE char *session = fuzz_part(&input, NULL), *target = fuzz_part(&input, NULL);
	CLEANUP_FREE char *text = fuzz_part(&input, NULL);
	struct address address;

	check_mount(mount);
	check_nfs(nfs);
	check_session(session);
	check_target(target);
	if (address_parse(text, &address))
		check_address(&address);
	if (address_parse_hex(text, &address))
		check_address(&address);
	return 0;
}
