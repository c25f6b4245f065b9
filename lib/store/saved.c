/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the store; changes no device and no file. */
#include "store/saved.h"

#include "store/store.h"

#include <errno.h>

int saved_read(const struct device *dev, char ret_driver[SYSFS_NAME_MAX], struct policy *ret_policy)
{
	char modalias[SYSFS_VALUE_MAX], path[PATH_MAX];
	CLEANUP_FREE char *text = NULL;
	int err;

	*ret_policy = (struct policy){ 0 };
	err = store_read(dev->bus, dev->name, ret_driver);
	if (err < 0)
		return err;
	/* Without a policy for this very driver the store's file is taken as it stands. */
	if (store_read_policy(dev->bus, dev->name, &text) < 0 ||
		policy_parse(text, ret_policy) < 0 || !streq(ret_policy->driver, ret_driver)) {
		*ret_policy = (struct policy){ 0 };
		return 0;
	}
	if (!dev->path[0])
		return 0;
	err = device_identity(dev, modalias, path);
	if (err < 0)
		return err;
	return policy_matches(ret_policy, modalias, path) ? 0 : -ESTALE;
}

int saved_device(const char *file, struct device *ret)
{
	char bus[DEVICE_BUS_MAX], exact[DEVICE_BUS_MAX + SYSFS_NAME_MAX];
	const char *name = device_split_bus(file, bus);

	if (name && util_format(exact, sizeof(exact), "%s/%s", bus, name) == 0) {
		int err = device_lookup(exact, bus, NULL, ret);

		/* A short address, or one in capitals, is not what the store's files are called. */
		return ret->name[0] && !streq(ret->name, name) ? -EINVAL : err;
	}
	/* A bus that is not there: where its name ends does not matter then. */
	*ret = (struct device){ 0 };
	name = strchr(file, '-');
	if (!name || (size_t)(name - file) >= sizeof(ret->bus))
		return -EINVAL;
	memcpy(ret->bus, file, (size_t)(name - file));
	util_format(ret->name, sizeof(ret->name), "%s", name + 1);
	return -ENODEV;
}
