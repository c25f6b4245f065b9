/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the store and the device; changes neither. */
#include "store/saved.h"

#include "kernel/lookup.h"
#include "store/store.h"

#include <errno.h>

/* The policy counts only if it was written for this very driver: the shell driverctl, or a person,
 * may have changed the store's file since. */
static int read_policy(const char *key, const char *driver, struct policy *ret)
{
	CLEANUP_FREE char *text = NULL;
	int err;

	*ret = (struct policy){ 0 };
	err = store_read_policy(key, &text);
	if (err < 0)
		return err;
	err = policy_parse(text, ret);
	if (err == 0 && streq(ret->driver, driver))
		return 0;
	*ret = (struct policy){ 0 };
	return err < 0 ? err : -ENOENT;
}

int saved_read(const struct device *dev, char ret_driver[SYSFS_NAME_MAX], struct policy *ret_policy)
{
	char modalias[SYSFS_VALUE_MAX], path[PATH_MAX], key[DEVICE_KEY_MAX];
	int err;

	*ret_policy = (struct policy){ 0 };
	device_key(dev, key);
	err = store_read(key, ret_driver);
	if (err < 0)
		return err;
	err = read_policy(key, ret_driver, ret_policy);
	if (err == -ENOENT)
		return 0;
	/* A damaged policy may have been that of another device. */
	if (err == -EBADMSG)
		return -ESTALE;
	if (err < 0)
		return err;
	if (!dev->path[0])
		return 0;
	err = device_identity(dev, modalias, path);
	if (err < 0)
		return err;
	return policy_matches(ret_policy, modalias, path) ? 0 : -ESTALE;
}

/* The bus is not there, so that nothing tells where its name ends: at the first dash. */
static int absent_device(const char *key, struct device *ret)
{
	const char *dash = strchr(key, '-');

	*ret = (struct device){ 0 };
	if (!dash || (size_t)(dash - key) >= sizeof(ret->bus))
		return -EINVAL;
	memcpy(ret->bus, key, (size_t)(dash - key));
	util_format(ret->name, sizeof(ret->name), "%s", dash + 1);
	return -ENODEV;
}

int saved_device(const char *key, struct device *ret)
{
	char bus[BUS_NAME_MAX], exact[DEVICE_KEY_MAX];
	const char *name = bus_split(key, bus);
	int err;

	if (!name || util_format(exact, sizeof(exact), "%s/%s", bus, name) < 0)
		return absent_device(key, ret);
	err = lookup_device(exact, bus, NULL, ret);
	/* A key has the name as the bus has it: neither a short address nor one in capitals. */
	if (ret->name[0] && !streq(ret->name, name))
		return -EINVAL;
	return err;
}
