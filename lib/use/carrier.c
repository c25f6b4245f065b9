/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns which interfaces a connection needs. It does not know which interface is built on another
 * one. */
#include "use/carrier.h"

#include "kernel/route.h"

struct search {
	struct netlink *netlink;
	const struct links *links;
	struct carriers *carriers;
};

/* --- the list --- */

static bool contains(const struct carriers *carriers, const struct carrier *carrier)
{
	for (size_t i = 0; i < carriers->n; i++) {
		const struct carrier *c = &carriers->items[i];

		if (c->device == carrier->device && c->kind == carrier->kind &&
			streq(c->user, carrier->user))
			return true;
	}
	return false;
}

static int add(struct carriers *carriers, const struct carrier *carrier)
{
	int err;

	if (contains(carriers, carrier))
		return 0;
	err = util_grow(&carriers->items, carriers->n, sizeof(*carriers->items));
	if (err < 0)
		return err;
	carriers->items[carriers->n++] = *carrier;
	return 0;
}

static int add_all(struct carriers *carriers, const struct route_devices *devices,
	enum use_kind kind, const char *user)
{
	for (size_t i = 0; i < devices->indexes.n; i++) {
		const struct carrier carrier = {
			.device = devices->indexes.items[i],
			.kind = kind,
			.user = user,
		};
		int err = add(carriers, &carrier);

		if (err < 0)
			return err;
	}
	return 0;
}

void carrier_free(struct carriers *carriers)
{
	free(carriers->items);
	peer_free(&carriers->peers);
	*carriers = (struct carriers){ 0 };
}

/* --- connections --- */

/* @name: or a number; "" for none. Return: 0 if there is no such interface. */
static uint32_t find_index(const struct links *links, const char *name)
{
	const struct link *link = link_by_name(links, name);

	if (!link)
		link = link_by_index(links, (uint32_t)strtoul(name, NULL, 10));
	return link ? link->index : 0;
}

static int add_interface(const struct search *s, const struct peer *peer)
{
	const struct carrier carrier = {
		.device = find_index(s->links, peer->interface),
		.kind = peer->kind,
		.user = peer->user,
	};

	return carrier.device ? add(s->carriers, &carrier) : 0;
}

static int add_local(const struct search *s, const struct peer *peer)
{
	CLEANUP(route_free) struct route_devices devices = { 0 };
	int err;

	if (!peer->local.family)
		return 0;
	err = route_find_local(s->netlink, &peer->local, &devices);
	return err < 0 ? err : add_all(s->carriers, &devices, peer->kind, peer->user);
}

/*
 * @from: with it, rules for the host's own address count. Return: 1 if the route leads to the host
 * itself, 0, or -errno.
 */
static int add_route(const struct search *s, const struct peer *peer, const struct address *from)
{
	CLEANUP(route_free) struct route_devices devices = { 0 };
	uint32_t device = find_index(s->links, peer->remote.scope);
	int err;

	err = route_find(s->netlink, &peer->remote, from, device, &devices);
	if (err < 0)
		return err;
	if (devices.to_host)
		return 1;
	return add_all(s->carriers, &devices, peer->kind, peer->user);
}

static int add_peer(const struct search *s, const struct peer *peer)
{
	static const struct address none = { 0 };
	int found = add_route(s, peer, &none);

	if (found != 0)
		return found < 0 ? found : 0;
	found = peer->local.family ? add_route(s, peer, &peer->local) : 0;
	if (found < 0)
		return found;
	found = add_local(s, peer);
	if (found < 0)
		return found;
	return add_interface(s, peer);
}

static int add_defaults(const struct search *s)
{
	CLEANUP(route_free) struct route_devices devices = { 0 };
	int err = route_find_default(s->netlink, &devices);

	return err < 0 ? err : add_all(s->carriers, &devices, USE_ROUTE, "");
}

int carrier_list(struct netlink *netlink, const struct links *links,
	const struct use_caller *caller, struct carriers *ret)
{
	const struct search s = { .netlink = netlink, .links = links, .carriers = ret };
	int err;

	*ret = (struct carriers){ 0 };
	err = add_defaults(&s);
	if (err < 0)
		return err;
	err = peer_list(caller, &ret->peers);
	if (err < 0)
		return err;
	for (size_t i = 0; i < ret->peers.n; i++) {
		err = add_peer(&s, &ret->peers.items[i]);
		if (err < 0)
			return err;
	}
	return 0;
}
