/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disks of other hosts, by iSCSI and by NVMe over TCP or RDMA: which addresses they are reached at.
 */
#pragma once

#include "base/address.h"
#include "kernel/sysfs.h"

struct netdisk {
	enum netdisk_kind { NETDISK_ISCSI, NETDISK_NVME } kind;
	struct address remote;
	struct address local;           /* family 0 if it is not known */
	char interface[SYSFS_NAME_MAX]; /* the only one that the connection may take; "" for any */
};

/**
 * netdisk_list - the connections to disks of other hosts
 * @ret: owned by the caller, also after a failure
 *
 * Those are connections of the host, whatever their network namespaces. One that is lost counts if
 * the kernel knows where to connect to again.
 *
 * Return: 0; -ENOMEM; -errno of listing a directory.
 * Source: iscsi_conn_attr in Linux drivers/scsi/scsi_transport_iscsi.c; nvmf_get_address() in
 * drivers/nvme/host/fabrics.c.
 */
int netdisk_list(struct netdisk **ret, size_t *ret_n);

/**
 * netdisk_parse_nvme - read the attribute address of an NVMe controller
 * @text: "traddr=192.0.2.1,trsvcid=4420,host_iface=eth0"
 *
 * Return: whether @text has the address of a target.
 */
bool netdisk_parse_nvme(const char *text, struct netdisk *ret);
