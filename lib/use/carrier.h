/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which interfaces carry something that must not break: a default route, or the connection to a
 * peer.
 */
#pragma once

#include "kernel/link.h"
#include "use/peer.h"

struct carrier {
	uint32_t device; /* the index of the interface */
	enum use_kind kind;
	const char *user; /* see enum use_kind; of the list's */
};

struct carriers {
	struct carrier *items;
	size_t n;
	struct peers peers;
};

/**
 * carrier_list - find all of these interfaces
 * @links: of the caller's network namespace
 * @ret: set; freed with carrier_free(), also after a failure
 *
 * For default routes, see route_find_default(). A connection goes through the interface that the
 * kernel would take to the other end now, and also needs the one that has the host's own address.
 * A connection of the host to itself needs none.
 *
 * Return: 0; -ENOMEM; as peer_list(), route_find_default() and route_find().
 */
int carrier_list(struct netlink *netlink, const struct links *links,
	const struct use_caller *caller, struct carriers *ret);

/** carrier_free - for use as a cleanup function */
void carrier_free(struct carriers *carriers);
