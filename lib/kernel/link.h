/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The network interfaces of the caller's network namespace.
 */
#pragma once

#include "kernel/netlink.h"

#include <net/if.h>

struct link {
	uint32_t index;
	char name[IFNAMSIZ];
	char kind[IFNAMSIZ]; /* of a virtual interface: "bridge", "openvswitch"; or "" */
};

struct links {
	struct link *items;
	size_t n;
};

/**
 * link_list - ask the kernel for all interfaces
 * @ret: set; freed with link_free(), also after a failure
 *
 * Return: 0; -ENOMEM; otherwise as netlink_dump().
 */
int link_list(struct netlink *netlink, struct links *ret);

/** link_free - for use as a cleanup function */
void link_free(struct links *links);

/** link_by_name - Return: the interface of this name, or NULL. */
struct link *link_by_name(const struct links *links, const char *name);

/** link_by_index - Return: the interface with this index, or NULL. */
struct link *link_by_index(const struct links *links, uint32_t index);

/**
 * link_read - read a message RTM_NEWLINK
 *
 * Return: 0, or -EBADMSG.
 * Source: rtnl_fill_ifinfo() in Linux net/core/rtnetlink.c.
 */
int link_read(const struct nlmsghdr *message, struct link *ret);
