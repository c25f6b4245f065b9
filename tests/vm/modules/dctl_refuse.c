// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A PCI driver whose probe fails, always or for one device only. Its id table is empty: only
 * driver_override sends a device here. The driver's name differs from the module's by more than the
 * dash rule would.
 */
#include <linux/module.h>
#include <linux/pci.h>

static char *only;
module_param(only, charp, 0444);
MODULE_PARM_DESC(only, "the one device that is refused");

static const struct pci_device_id no_ids[] = { { 0 } };

static int refuse_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	return !only || strcmp(pci_name(pdev), only) == 0 ? -EIO : 0;
}

static struct pci_driver refuse_driver = {
	.name = "dctl-refuse",
	.id_table = no_ids,
	.probe = refuse_probe,
};
module_pci_driver(refuse_driver);

MODULE_DESCRIPTION("driverctl test: a driver that refuses every device");
MODULE_LICENSE("GPL");
