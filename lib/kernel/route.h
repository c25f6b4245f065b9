/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Routes of the caller's network namespace, and the interfaces that they lead through.
 */
#pragma once

#include "kernel/rtnetlink.h"

/** Different numbers. */
struct route_numbers {
	uint32_t *items;
	size_t n;
};

struct route_devices {
	struct route_numbers indexes; /* of the interfaces */
	bool to_host;                 /* the address is one of the host's own */
};

/**
 * route_find_default - find the interfaces of all default routes
 * @ret: set; freed with route_free(), also after a failure
 *
 * The routes are those of IPv4 and IPv6, of all tables, and all of their hops. Nexthop objects are
 * resolved.
 *
 * Return: 0; -ENOMEM; as rtnetlink_dump().
 */
int route_find_default(struct rtnetlink *netlink, struct route_devices *ret);

/**
 * route_find - find the interfaces of the route to an address
 * @to, @from, @device: as rtnetlink_find_route()
 * @ret: set; freed with route_free(), also after a failure
 *
 * Return: 0, also if there is no such route; -ENOMEM; as rtnetlink_find_route().
 */
int route_find(struct rtnetlink *netlink, const struct address *to, const struct address *from,
	uint32_t device, struct route_devices *ret);

/**
 * route_find_local - find the interfaces that have an address
 * @local: an address of the host
 * @ret: set; freed with route_free(), also after a failure
 *
 * Return: 0; -ENOMEM; as rtnetlink_dump().
 */
int route_find_local(
	struct rtnetlink *netlink, const struct address *local, struct route_devices *ret);

/** route_free - for use as a cleanup function */
void route_free(struct route_devices *devices);

/**
 * route_is_default - whether a route counts as a default route
 *
 * That is one whose packets leave through an interface. A half of all addresses counts (0.0.0.0/1,
 * ::/1): two of these stand for a default route. 2000::/3 counts, which is all of the Internet.
 */
bool route_is_default(const struct rtroute *route);
