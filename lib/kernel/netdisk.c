/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the layout of the classes iscsi_connection and nvme. Opens no disk. */
#include "kernel/netdisk.h"

#include "base/util.h"

#include <errno.h>

#define ISCSI SYSFS_CLASS "/iscsi_connection"
#define NVME SYSFS_CLASS "/nvme"

static void read_nvme_field(const char *field, struct netdisk *ret)
{
	const char *value;

	value = util_after_prefix(field, "traddr=");
	if (value)
		address_parse(value, &ret->remote);
	value = util_after_prefix(field, "host_traddr=");
	if (!value)
		value = util_after_prefix(field, "src_addr=");
	if (value)
		address_parse(value, &ret->local);
	value = util_after_prefix(field, "host_iface=");
	if (value)
		util_format(ret->interface, sizeof(ret->interface), "%s", value);
}

bool netdisk_parse_nvme(const char *text, struct netdisk *ret)
{
	char fields[SYSFS_VALUE_MAX], *save = NULL;

	*ret = (struct netdisk){ .kind = NETDISK_NVME };
	if (util_format(fields, sizeof(fields), "%s", text) < 0)
		return false;
	for (char *s = strtok_r(fields, ",", &save); s; s = strtok_r(NULL, ",", &save))
		read_nvme_field(s, ret);
	return ret->remote.family;
}

static bool read_nvme(const char *controller, struct netdisk *ret)
{
	char dir[PATH_MAX], text[SYSFS_VALUE_MAX];

	util_format(dir, sizeof(dir), NVME "/%s", controller);
	sysfs_read_text(dir, "transport", text, sizeof(text));
	if (!streq(text, "tcp") && !streq(text, "rdma"))
		return false;
	sysfs_read_text(dir, "address", text, sizeof(text));
	return netdisk_parse_nvme(text, ret);
}

/* The present address cannot be read while the connection is lost. */
static bool read_iscsi(const char *connection, struct netdisk *ret)
{
	char dir[PATH_MAX], text[SYSFS_VALUE_MAX];

	*ret = (struct netdisk){ .kind = NETDISK_ISCSI };
	util_format(dir, sizeof(dir), ISCSI "/%s", connection);
	sysfs_read_text(dir, "address", text, sizeof(text));
	if (address_parse(text, &ret->remote))
		return true;
	sysfs_read_text(dir, "persistent_address", text, sizeof(text));
	return address_parse(text, &ret->remote);
}

static int add(const struct netdisk *disk, struct netdisk **list, size_t *n)
{
	int err = util_grow(list, *n, sizeof(**list));

	if (err < 0)
		return err;
	(*list)[(*n)++] = *disk;
	return 0;
}

static int add_class(const char *class, bool (*read)(const char *name, struct netdisk *ret),
	struct netdisk **list, size_t *n)
{
	CLEANUP_STRV char **names = NULL;
	struct netdisk disk;
	int err = sysfs_list(class, NULL, &names, NULL);

	if (err < 0)
		return err == -ENOENT ? 0 : err;
	for (char **name = names; name && *name; name++) {
		if (!read(*name, &disk))
			continue;
		err = add(&disk, list, n);
		if (err < 0)
			return err;
	}
	return 0;
}

int netdisk_list(struct netdisk **ret, size_t *ret_n)
{
	int err;

	*ret = NULL;
	*ret_n = 0;
	err = add_class(ISCSI, read_iscsi, ret, ret_n);
	return err < 0 ? err : add_class(NVME, read_nvme, ret, ret_n);
}
