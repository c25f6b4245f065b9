/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the store and the device; changes neither. */
#include "store/saved.h"

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
