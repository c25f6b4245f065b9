/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/netdisk.h"
#include "session.h"
#include "use/peer.h"
#include "test.h"

/* What the lines add: the user and the address of each, and a '|'. */
static const struct {
	const char *line, *peers;
} mounts[] = {
	{ "36 35 0:40 / /srv rw - nfs4 s:/srv rw,clientaddr=192.0.2.1,addr=192.0.2.2",
		"/srv 192.0.2.2|" },
	{ "36 35 0:40 / /srv rw - nfs s:/srv rw,addr=192.0.2.2,mountaddr=192.0.2.3",
		"/srv 192.0.2.2|" },
	{ "36 35 0:40 / /srv rw - nfs s:/srv addr=fe80::1%2", "/srv fe80::1%2|" },
	{ "36 35 0:40 / /a\\040b rw - cifs //s/a rw,addr=2001:0db8:0000:0000:0000:0000:0000:0001",
		"/a b 2001:db8::1|" },
	/* A user called x,addr=192.0.2.9: each counts. */
	{ "36 35 0:40 / /srv rw - cifs //s/a username=x,addr=192.0.2.9,addr=192.0.2.2",
		"/srv 192.0.2.9|/srv 192.0.2.2|" },
	{ "36 35 0:40 / /srv rw - nfs s:/srv rw,addr=", "" },
	{ "36 35 0:40 / /srv rw - nfs s:/srv", "" },
	{ "36 35 0:40 / /srv rw - nfsd nfsd rw,addr=192.0.2.2", "" },
	{ "36 35 0:40 / /srv rw - overlay o rw,lowerdir=/a,addr=192.0.2.2", "" },
	{ "nonsense", "" },
}, servers[] = {
	{ "v4 c0000202  801   1 server\n", "192.0.2.2 192.0.2.2|" },
	{ "v3 20010db8000000000000000000000001  801   1 server\n", "2001:db8::1 2001:db8::1|" },
	{ "NV SERVER   PORT USE HOSTNAME\n", "" },
	{ "v4 c00002  801   1 server\n", "" },
	{ "v4 c0000202c0000202c0000202c0000202c0000202  801   1 server\n", "" },
	{ "v4", "" },
	{ "v4 ", "" },
	{ "", "" },
};

static void print_peers(const struct peers *peers, char *ret, size_t size)
{
	ret[0] = '\0';
	for (size_t i = 0; i < peers->n; i++) {
		size_t length = strlen(ret);
		char text[ADDRESS_TEXT_MAX];

		address_print(&peers->items[i].remote, text);
		util_format(ret + length, size - length, "%s %s|", peers->items[i].user, text);
	}
}

/* Adds the peers that a line of mountinfo names. */
static int add_mount(struct peers *peers, const char *text)
{
	struct mount mount;
	char line[256];

	util_format(line, sizeof(line), "%s", text);
	return mounts_parse(line, &mount) ? peer_add_mount(peers, &mount) : 0;
}

static void test_lines(void)
{
	CLEANUP(peer_free) struct peers both = { 0 };
	char got[256];

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		CLEANUP(peer_free) struct peers peers = { 0 };

		ok(add_mount(&peers, mounts[i].line) == 0, "mount %zu", i);
		print_peers(&peers, got, sizeof(got));
		same(got, mounts[i].peers, "its server");
	}
	for (size_t i = 0; i < ARRAY_SIZE(servers); i++) {
		CLEANUP(peer_free) struct peers peers = { 0 };

		ok(peer_add_nfs(&peers, servers[i].line) == 0, "server %zu", i);
		print_peers(&peers, got, sizeof(got));
		same(got, servers[i].peers, "its address");
	}
	add_mount(&both, mounts[0].line);
	peer_add_nfs(&both, servers[0].line);
	print_peers(&both, got, sizeof(got));
	same(got, mounts[0].peers, "a server that a mount has named is not added again");
}

/* The parts: remote, local and interface. */
static const struct {
	const char *text, *parts;
} targets[] = {
	{ "traddr=192.0.2.2,trsvcid=4420", "192.0.2.2||" },
	{ "traddr=2001:db8::2,trsvcid=4420,host_traddr=2001:db8::1,host_iface=eth0",
		"2001:db8::2|2001:db8::1|eth0" },
	{ "trsvcid=4420,traddr=192.0.2.2,src_addr=192.0.2.1", "192.0.2.2|192.0.2.1|" },
	{ "traddr=192.0.2.2,,x", "192.0.2.2||" },
	{ "host_traddr=192.0.2.1", NULL },
	{ "traddr=nn-0x1000000044001123:pn-0x2000000055001123", NULL },
	{ "0000:02:00.0", NULL },
	{ "", NULL },
};

static void test_targets(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		char remote[ADDRESS_TEXT_MAX], local[ADDRESS_TEXT_MAX], got[512] = "";
		struct netdisk disk;
		bool found = netdisk_parse_nvme(targets[i].text, &disk);

		address_print(&disk.remote, remote);
		address_print(&disk.local, local);
		if (found)
			util_format(got, sizeof(got), "%s|%s|%s", remote, local, disk.interface);
		ok(found == (targets[i].parts != NULL), "target '%s'", targets[i].text);
		same(got, targets[i].parts ? targets[i].parts : "", "its parts");
	}
}

static const struct {
	const char *value, *ends; /* client and server; NULL for no connection */
} sessions[] = {
	{ "192.0.2.2 50000 192.0.2.1 22", "192.0.2.2 192.0.2.1" },
	{ "fe80::2%eth0 50000 fe80::1%eth0 22", "fe80::2%eth0 fe80::1%eth0" },
	{ "192.0.2.2 65535 192.0.2.1 1", "192.0.2.2 192.0.2.1" },
	{ "192.0.2.2 65536 192.0.2.1 22", NULL },
	{ "192.0.2.2 50000 192.0.2.1 0", NULL },
	{ "192.0.2.2 +1 192.0.2.1 22", NULL },
	{ "192.0.2.2 50000 192.0.2.1 22 x", NULL },
	{ "192.0.2.2 50000 192.0.2.1 22 ", NULL },
	{ " 192.0.2.2 50000 192.0.2.1 22", NULL },
	{ "192.0.2.2 50000 22", NULL },
	{ "UNKNOWN 65535 UNKNOWN 65535", NULL },
	{ "", NULL },
};

static void test_sessions(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(sessions); i++) {
		char client[ADDRESS_TEXT_MAX], server[ADDRESS_TEXT_MAX], got[160];
		struct use_caller caller;
		bool found = session_parse(sessions[i].value, &caller);

		address_print(&caller.client, client);
		address_print(&caller.server, server);
		util_format(got, sizeof(got), "%s %s", client, server);
		ok(found == (sessions[i].ends != NULL), "session '%s'", sessions[i].value);
		same(got, sessions[i].ends ? sessions[i].ends : " ", "its ends");
	}
}

int main(void)
{
	test_lines();
	test_targets();
	test_sessions();
	return test_end();
}
