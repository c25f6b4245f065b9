/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "use/network.h"

#include "kernel/link.h"
#include "kernel/net.h"
#include "kernel/route.h"
#include "use/peer.h"

#include <errno.h>

/* A kind of interface, as netlink names it. */
#define OPEN_VSWITCH "openvswitch"

/* udev renames a new interface once, and one that goes is gone from the kernel's list first. */
#define TRIES_MAX 5
#define PAUSE_MS 20

/* Something that an interface carries. */
struct carried {
	uint32_t index; /* of the interface */
	enum use_kind kind;
	const char *user; /* see enum use_kind; of the peers' */
};

/* The interfaces of a device, as /sys shows them. */
struct interfaces {
	char **names;
	int error;  /* of reading them: -errno */
	int hidden; /* net_has_hidden() */
};

/* The answers of /sys and of the kernel. */
struct network {
	size_t n;                      /* of the devices */
	struct interfaces *interfaces; /* of each device */
	int error;                     /* of asking the kernel: -errno */
	struct links links;
	struct peers peers;
	struct carried *carried;
	size_t n_carried;
};

static void forget(struct network *network)
{
	for (size_t i = 0; i < network->n; i++)
		util_strv_freep(&network->interfaces[i].names);
	link_free(&network->links);
	peer_free(&network->peers);
	free(network->carried);
	network->carried = NULL;
	network->n_carried = 0;
}

static void free_network(struct network *network)
{
	if (network->interfaces)
		forget(network);
	free(network->interfaces);
}

/* --- what the kernel says --- */

static int add_carried(
	struct network *network, uint32_t index, enum use_kind kind, const char *user)
{
	struct carried *carried = network->carried;

	for (size_t i = 0; i < network->n_carried; i++, carried++)
		if (carried->index == index && carried->kind == kind && streq(carried->user, user))
			return 0;
	if (util_grow(&network->carried, network->n_carried, sizeof(*carried)) < 0)
		return -ENOMEM;
	network->carried[network->n_carried++] = (struct carried){ index, kind, user };
	return 0;
}

static int add_routes(struct network *network, const struct route_devices *devices,
	enum use_kind kind, const char *user)
{
	int err = 0;

	for (size_t i = 0; i < devices->indexes.n && err >= 0; i++)
		err = add_carried(network, devices->indexes.items[i], kind, user);
	return err;
}

/* @name: or a number; "" for none. Return: 0 if there is no such interface. */
static uint32_t find_index(const struct links *links, const char *name)
{
	const struct link *link = link_by_name(links, name);

	if (!link)
		link = link_by_index(links, (uint32_t)strtoul(name, NULL, 10));
	return link ? link->index : 0;
}

static int add_peer(struct netlink *netlink, struct network *network, const struct peer *peer)
{
	CLEANUP(route_free) struct route_devices any = { 0 }, own = { 0 }, local = { 0 };
	static const struct address none = { 0 };
	uint32_t on = find_index(&network->links, peer->remote.scope), index;
	int err = route_find(netlink, &peer->remote, &none, on, &any);

	if (err < 0 || any.to_host)
		return err;
	err = add_routes(network, &any, peer->kind, peer->user);
	if (err >= 0 && peer->local.family) {
		/* There may be rules for the host's own address. */
		err = route_find(netlink, &peer->remote, &peer->local, on, &own);
		if (err >= 0 && !own.to_host)
			err = add_routes(network, &own, peer->kind, peer->user);
		if (err >= 0)
			err = route_find_local(netlink, &peer->local, &local);
		if (err >= 0)
			err = add_routes(network, &local, peer->kind, peer->user);
	}
	index = find_index(&network->links, peer->interface);
	if (err >= 0 && index)
		err = add_carried(network, index, peer->kind, peer->user);
	return err;
}

static int ask_kernel(
	struct network *network, const struct use_caller *caller, struct mounts *mounts)
{
	CLEANUP(netlink_close) struct netlink netlink = { 0 };
	CLEANUP(route_free) struct route_devices defaults = { 0 };
	int err = netlink_open(&netlink);

	if (err < 0)
		return err;
	err = link_list(&netlink, &network->links);
	if (err < 0)
		return err;
	err = route_find_default(&netlink, &defaults);
	if (err < 0)
		return err;
	err = add_routes(network, &defaults, USE_ROUTE, "");
	if (err < 0)
		return err;
	err = peer_list(caller, mounts, &network->peers);
	for (size_t i = 0; i < network->peers.n && err >= 0; i++)
		err = add_peer(&netlink, network, &network->peers.items[i]);
	return err;
}

/* --- one interface --- */

/* Adds an interface, unless it is in the list. */
static int add_upper(const char *name, char ***stack, size_t *n)
{
	for (size_t i = 0; i < *n; i++)
		if (streq((*stack)[i], name))
			return 0;
	return util_strv_add(stack, n, name);
}

/* @ret_stack: the interface, and all that is above it */
static int list_stack(const struct links *links, const char *interface, char ***ret_stack)
{
	size_t n = 0;
	int err = util_strv_add(ret_stack, &n, interface);

	for (size_t i = 0; i < n && err >= 0; i++) {
		CLEANUP_STRV char **uppers = NULL;
		const struct link *link = link_by_name(links, (*ret_stack)[i]);

		err = net_uppers((*ret_stack)[i], &uppers);
		for (char **upper = uppers; upper && *upper && err >= 0; upper++)
			err = add_upper(*upper, ret_stack, &n);
		if (!link || !streq(link->kind, OPEN_VSWITCH))
			continue;
		/* The kernel does not tell what is below them. */
		for (size_t j = 0; j < links->n && err >= 0; j++)
			if (streq(links->items[j].kind, OPEN_VSWITCH))
				err = add_upper(links->items[j].name, ret_stack, &n);
	}
	return err;
}

/* /sys shows the namespace that it was mounted in, and netlink the caller's. */
static bool is_here(const struct network *network, const char *interface)
{
	const struct link *link = link_by_name(&network->links, interface);
	uint32_t index = net_index(interface);

	return link && (index == 0 || index == link->index);
}

static void check_interface(const struct network *network, const char *interface, struct uses *uses)
{
	CLEANUP_STRV char **stack = NULL;

	if (network->error < 0) {
		uses_add_new(uses, USE_UNKNOWN, interface, "", network->error);
		return;
	}
	if (!is_here(network, interface)) {
		uses_add_new(uses, USE_NAMESPACE, interface, "", 0);
		return;
	}
	uses_note(uses, list_stack(&network->links, interface, &stack));
	for (char **upper = stack; upper && *upper; upper++) {
		const struct link *link = link_by_name(&network->links, *upper);

		for (size_t i = 0; link && i < network->n_carried; i++) {
			const struct carried *carried = &network->carried[i];
			struct use use = { .kind = carried->kind };

			if (carried->index != link->index)
				continue;
			util_format(use.node, sizeof(use.node), "%s", interface);
			util_format(use.user, sizeof(use.user), "%s", carried->user);
			if (!streq(*upper, interface))
				util_format(use.through, sizeof(use.through), "%s", *upper);
			uses_add(uses, &use);
		}
	}
}

/* --- all interfaces --- */

/* Return: whether an interface seems to be in another namespace. */
static bool read_network(const struct device *devices, const struct use_caller *caller,
	struct mounts *mounts, struct network *network)
{
	bool any = false, elsewhere = false;

	for (size_t i = 0; i < network->n; i++) {
		network->interfaces[i].error = net_list(&devices[i], &network->interfaces[i].names);
		any = any || network->interfaces[i].names;
	}
	network->error = any ? ask_kernel(network, caller, mounts) : 0;
	for (size_t i = 0; i < network->n; i++) {
		struct interfaces *interfaces = &network->interfaces[i];

		interfaces->hidden = net_has_hidden(&devices[i]);
		elsewhere = elsewhere || interfaces->hidden > 0;
		if (network->error < 0)
			continue;
		for (char **name = interfaces->names; name && *name && !elsewhere; name++)
			elsewhere = !is_here(network, *name);
	}
	return elsewhere;
}

void network_find(const struct device *devices, size_t n, const struct use_caller *caller,
	struct mounts *mounts, struct uses *uses)
{
	CLEANUP(free_network) struct network network = { .n = n };

	network.interfaces = calloc(n, sizeof(*network.interfaces));
	if (!network.interfaces) {
		for (size_t i = 0; i < n; i++)
			uses_note(&uses[i], -ENOMEM);
		return;
	}
	/* While an interface is renamed or removed, /sys and the kernel differ, as they do for one
	 * in another namespace: read both again. */
	for (int i = 0; read_network(devices, caller, mounts, &network) && i < TRIES_MAX; i++) {
		util_nap(PAUSE_MS);
		forget(&network);
	}
	for (size_t i = 0; i < n; i++) {
		const struct interfaces *interfaces = &network.interfaces[i];

		for (char **name = interfaces->names; name && *name; name++)
			check_interface(&network, *name, &uses[i]);
		if (interfaces->hidden > 0)
			uses_add_new(&uses[i], USE_NAMESPACE, "", "", 0);
		uses_note(&uses[i], interfaces->hidden);
		uses_note(&uses[i], interfaces->error);
	}
}
