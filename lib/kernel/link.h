/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The network interfaces of the caller's network namespace.
 */
#pragma once

#include "kernel/rtnetlink.h"

struct links {
	struct rtlink *items;
	size_t n;
};

/**
 * link_list - ask the kernel for all interfaces
 * @ret: set; freed with link_free(), also after a failure
 *
 * Return: 0; -ENOMEM; otherwise as rtnetlink_dump().
 */
int link_list(struct rtnetlink *netlink, struct links *ret);

/** link_free - for use as a cleanup function */
void link_free(struct links *links);

/** link_by_name - Return: the interface of this name, or NULL. */
const struct rtlink *link_by_name(const struct links *links, const char *name);

/** link_by_index - Return: the interface with this index, or NULL. */
const struct rtlink *link_by_index(const struct links *links, uint32_t index);
