/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Routes of the caller's network namespace, and the interfaces that they lead through.
 */
#pragma once

#include "base/address.h"
#include "kernel/netlink.h"

/** Different numbers. */
struct route_numbers {
	uint32_t *items;
	size_t n;
};

struct route_devices {
	struct route_numbers indexes; /* of the interfaces */
	struct route_numbers objects; /* the ids of the nexthop objects that routes refer to */
	bool to_host;                 /* the address is one of the host's own */
};

/**
 * route_find_default - find the interfaces of all default routes
 * @ret: set; freed with route_free(), also after a failure
 *
 * The routes are those of IPv4 and IPv6, of all tables, and all of their hops. Nexthop objects are
 * resolved.
 *
 * A default route is one whose packets leave through an interface. A half of all addresses counts
 * (0.0.0.0/1, ::/1): two of these stand for a default route. 2000::/3 counts, which is all of the
 * Internet.
 *
 * Return: 0; -ENOMEM; as netlink_dump().
 */
int route_find_default(struct netlink *netlink, struct route_devices *ret);

/**
 * route_find - find the interfaces of the route to an address
 * @to: its scope does not count
 * @from: the address that is sent from; family 0 if it is not known
 * @device: the index of the interface that a link-local @to is on; 0 for any
 * @ret: set; freed with route_free(), also after a failure. It has all hops of the route, as if @to
 *       were asked for by a program of the host.
 *
 * Return: 0, also if there is no such route, or @from is not an address of the host; -ENOMEM;
 * -EBADMSG; -errno of the socket or of the kernel.
 * Source: RTM_F_FIB_MATCH: inet_rtm_getroute() in Linux net/ipv4/route.c, inet6_rtm_getroute() in
 * net/ipv6/route.c (4.13; older kernels answer with the hop that one packet takes).
 */
int route_find(struct netlink *netlink, const struct address *to, const struct address *from,
	uint32_t device, struct route_devices *ret);

/**
 * route_find_local - find the interfaces that have an address
 * @local: an address of the host
 * @ret: set; freed with route_free(), also after a failure
 *
 * Return: 0; -ENOMEM; as netlink_dump().
 */
int route_find_local(
	struct netlink *netlink, const struct address *local, struct route_devices *ret);

/** route_free - for use as a cleanup function */
void route_free(struct route_devices *devices);

/*
 * What the functions above do with each message of an answer. @arg: struct route_devices.
 *
 * Return: 0; -EBADMSG; -ENOMEM.
 */
int route_take_default(const struct nlmsghdr *message, void *arg);
int route_take_found(const struct nlmsghdr *message, void *arg);
int route_take_nexthop(const struct nlmsghdr *message, void *arg);

/**
 * route_read_address - read a message RTM_NEWADDR
 * @ret_index: of the interface that has the address
 * @ret: family 0 for one that is neither IPv4 nor IPv6
 *
 * Return: 0, or -EBADMSG.
 */
int route_read_address(const struct nlmsghdr *message, uint32_t *ret_index, struct address *ret);
