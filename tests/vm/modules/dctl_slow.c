// SPDX-License-Identifier: LGPL-2.1-or-later
/* A PCI driver whose probe takes `seconds` before it accepts the device, or fails with `error`. */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/pci.h>

static unsigned int seconds = 10;
module_param(seconds, uint, 0644);
MODULE_PARM_DESC(seconds, "how long a probe takes");

static int error;
module_param(error, int, 0644);
MODULE_PARM_DESC(error, "what a probe returns");

static const struct pci_device_id no_ids[] = { { 0 } };

static int slow_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	ssleep(seconds);
	return error;
}

static void slow_remove(struct pci_dev *pdev)
{
}

static struct pci_driver slow_driver = {
	.name = "dctl-slow",
	.id_table = no_ids,
	.probe = slow_probe,
	.remove = slow_remove,
};
module_pci_driver(slow_driver);

MODULE_DESCRIPTION("driverctl test: a driver with a slow probe");
MODULE_LICENSE("GPL");
