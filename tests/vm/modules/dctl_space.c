// SPDX-License-Identifier: LGPL-2.1-or-later
/* A platform device whose name has spaces, "dctl with spaces". It has no driver. */
#include <linux/module.h>
#include <linux/platform_device.h>

static struct platform_device *device;

static int __init space_init(void)
{
	device = platform_device_register_simple("dctl with spaces", PLATFORM_DEVID_NONE, NULL, 0);
	return PTR_ERR_OR_ZERO(device);
}
module_init(space_init);

static void __exit space_exit(void)
{
	platform_device_unregister(device);
}
module_exit(space_exit);

MODULE_DESCRIPTION("driverctl test: a device whose name has spaces");
MODULE_LICENSE("GPL");
