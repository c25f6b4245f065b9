/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether the network interfaces of devices matter.
 */
#pragma once

#include "use/mounts.h"
#include "use/uses.h"

struct device;

/**
 * network_find - find what the network interfaces of devices carry
 * @mounts: read if they are needed
 * @uses: @n of them, added to: USE_ROUTE, USE_SSH, USE_NET_MOUNT, USE_NFS, USE_ISCSI, USE_NVME,
 *        USE_NAMESPACE. USE_UNKNOWN with the name of an interface if that could not be found out.
 *
 * The kernel is asked once for the interfaces, for the default routes (route_find_default()), and
 * for the routes of connections (peer_list()). A connection goes through the interface that the
 * kernel would take to the other end now, and also needs the one that has the host's own address.
 * A connection of the host to itself needs none.
 *
 * An interface carries what goes through it, and through each interface above it: a bridge, bond,
 * team, VLAN, macvlan and so on. The port of an Open vSwitch datapath is below its datapath alone;
 * a bridge's own interface (br-ex) is not above anything. Therefore all interfaces of Open vSwitch
 * count as above each of its ports. Its database, which knows better, is not asked.
 *
 * Routes and connections are those of the caller's network namespace. An interface that is in
 * another one counts as used, because what it carries cannot be seen from here.
 *
 * Errors are -ENOMEM, and -errno of reading the interfaces of the device.
 * Source: ovs_netdev_link() in Linux net/openvswitch/vport-netdev.c and internal_dev_link_ops in
 * vport-internal_dev.c; the upper_ links: net/core/dev.c.
 */
void network_find(const struct device *devices, size_t n, const struct use_caller *caller,
	struct mounts *mounts, struct uses *uses);
