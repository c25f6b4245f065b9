/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether the network interfaces of a device matter.
 */
#pragma once

#include "kernel/device.h"
#include "use/peer.h"

/**
 * network_find_uses - find what the network interfaces of a device carry
 * @uses: added to: USE_ROUTE, USE_SSH, USE_NET_MOUNT, USE_NFS, USE_ISCSI, USE_NVME, USE_NAMESPACE.
 *        USE_UNKNOWN with the name of an interface if that could not be found out.
 *
 * An interface carries what goes through it, and through each interface above it: a bridge, bond,
 * team, VLAN, macvlan and so on. The port of an Open vSwitch datapath is below its datapath alone;
 * a bridge's own interface (br-ex) is not above anything. Therefore all interfaces of Open vSwitch
 * count as above each of its ports. Its database, which knows better, is not asked.
 *
 * Routes and connections are those of the caller's network namespace. An interface that is in
 * another one counts as used, because what it carries cannot be seen from here.
 *
 * Return: 0; -ENOMEM; -errno of reading the interfaces of the device.
 * Source: ovs_netdev_link() in Linux net/openvswitch/vport-netdev.c and internal_dev_link_ops in
 * vport-internal_dev.c; the upper_ links: net/core/dev.c.
 */
int network_find_uses(const struct device *dev, const struct use_caller *caller, struct uses *uses);
