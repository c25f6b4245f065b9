// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * QEMU's edu device as a parent of mediated devices: two types, and up to two devices of them,
 * which do nothing.
 */
#include <linux/mdev.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/vfio.h>

static struct mdev_type small = { .sysfs_name = "small", .pretty_name = "Small one" };
static struct mdev_type large = { .sysfs_name = "large", .pretty_name = "Large one" };
static struct mdev_type *types[] = { &small, &large };
static struct mdev_parent parent;

static int child_probe(struct mdev_device *mdev)
{
	return 0;
}

static void child_remove(struct mdev_device *mdev)
{
}

static struct mdev_driver child_driver = {
	.device_api = VFIO_DEVICE_API_PCI_STRING,
	.max_instances = 2,
	.probe = child_probe,
	.remove = child_remove,
	.driver = { .name = "dctl-mdev-child", .owner = THIS_MODULE, .mod_name = KBUILD_MODNAME },
};

static const struct pci_device_id ids[] = { { PCI_DEVICE(0x1234, 0x11e8) }, { 0 } };

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	return mdev_register_parent(&parent, &pdev->dev, &child_driver, types, ARRAY_SIZE(types));
}

static void edu_remove(struct pci_dev *pdev)
{
	mdev_unregister_parent(&parent);
}

static struct pci_driver edu_driver = {
	.name = "dctl-mdev",
	.id_table = ids,
	.probe = edu_probe,
	.remove = edu_remove,
};

static int __init edu_init(void)
{
	int r = mdev_register_driver(&child_driver);

	if (r)
		return r;
	r = pci_register_driver(&edu_driver);
	if (r)
		mdev_unregister_driver(&child_driver);
	return r;
}
module_init(edu_init);

static void __exit edu_exit(void)
{
	pci_unregister_driver(&edu_driver);
	mdev_unregister_driver(&child_driver);
}
module_exit(edu_exit);

MODULE_DESCRIPTION("driverctl test: a parent of mediated devices");
MODULE_LICENSE("GPL");
