/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions to the kernel about the interfaces, addresses and routes of the caller's network
 * namespace. Nothing is changed.
 *
 * An answer is complete or an error. The kernel answers at once, unless another process holds its
 * lock for the network: call these functions in a bounded child (base/bounded.h).
 */
#pragma once

#include "kernel/rtmessage.h"

struct rtnetlink {
	int fd; /* -1: not open */
	uint32_t seq;
	uint8_t *buffer;
};

#define RTNETLINK_NONE \
	{ \
		.fd = -1 \
	}

/**
 * rtnetlink_open - open a socket
 * @ret: RTNETLINK_NONE before; closed by rtnetlink_close(), also after a failure
 *
 * Return: 0; -ENOMEM; -errno of socket(2): -EAFNOSUPPORT or -EPERM if a service may not use
 * netlink.
 */
int rtnetlink_open(struct rtnetlink *ret);

/** rtnetlink_close - for use as a cleanup function */
void rtnetlink_close(struct rtnetlink *netlink);

/**
 * A function that gets each message of an answer.
 *
 * Return: 0; -errno, which ends the question.
 */
typedef int (*rtnetlink_fn)(const struct rtmessage *message, void *arg);

/**
 * rtnetlink_dump - ask for everything of one kind
 * @type: RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE or RTM_GETNEXTHOP
 * @family: AF_UNSPEC; for routes, AF_INET or AF_INET6
 * @fn: if something changes while the kernel lists it, it is asked again, and @fn sees messages
 *      again
 *
 * Routes are those of all tables.
 *
 * Return: 0; -EAGAIN if it has changed each of ten times; -EBADMSG; -errno of the socket, of the
 * kernel (-EOPNOTSUPP: Linux before 5.3 knows no nexthop objects) or of @fn.
 * Source: inet_dump_fib() in Linux net/ipv4/fib_frontend.c, inet6_dump_fib() in net/ipv6/ip6_fib.c;
 * NLM_F_DUMP_INTR: nl_dump_check_consistent() in include/net/netlink.h.
 */
int rtnetlink_dump(
	struct rtnetlink *netlink, uint16_t type, int family, rtnetlink_fn fn, void *arg);

/**
 * rtnetlink_find_route - ask which route leads to an address
 * @to: its scope does not count
 * @from: the address that is sent from; family 0 if it is not known
 * @device: the index of the interface that a link-local @to is on; 0 for any
 * @fn: gets the route, with all of its hops, as if @to were asked for by a program of the host
 *
 * Return: 0, also if there is no such route, or @from is not an address of the host; -EBADMSG;
 * -errno of the socket, of the kernel or of @fn.
 * Source: RTM_F_FIB_MATCH: inet_rtm_getroute() in Linux net/ipv4/route.c, inet6_rtm_getroute() in
 * net/ipv6/route.c (4.13; older kernels answer with the hop that one packet takes).
 */
int rtnetlink_find_route(struct rtnetlink *netlink, const struct address *to,
	const struct address *from, uint32_t device, rtnetlink_fn fn, void *arg);
