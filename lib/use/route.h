/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a device's network interface carries the default route.
 */
#pragma once

#include "kernel/device.h"

struct route {
	char interface[SYSFS_NAME_MAX]; /* of the device */
	char upper[SYSFS_NAME_MAX];     /* the bridge, bond, team or VLAN above it; "" for none */
};

/**
 * route_find_default - find the interface of a device that carries a default route
 * @ret: interface "" if there is none
 *
 * These are the IPv4 and IPv6 routes of the main table in the caller's network namespace, which
 * /proc/net shows.
 *
 * Return: 0; -errno if the interfaces could not be read.
 * Source: fib_route_seq_show() in Linux net/ipv4/fib_trie.c, rt6_info_route() in
 * net/ipv6/route.c; the upper_ links: net/core/dev.c.
 */
int route_find_default(const struct device *dev, struct route *ret);
