// SPDX-License-Identifier: LGPL-2.1-or-later
/* One module, two PCI drivers: the module's name alone does not say which of them is meant. */
#include <linux/module.h>
#include <linux/pci.h>

static const struct pci_device_id no_ids[] = { { 0 } };

static int two_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	return 0;
}

static void two_remove(struct pci_dev *pdev)
{
}

static struct pci_driver first_driver = {
	.name = "dctl-first",
	.id_table = no_ids,
	.probe = two_probe,
	.remove = two_remove,
};

static struct pci_driver second_driver = {
	.name = "dctl-second",
	.id_table = no_ids,
	.probe = two_probe,
	.remove = two_remove,
};

static int __init two_init(void)
{
	int r = pci_register_driver(&first_driver);

	if (r)
		return r;
	r = pci_register_driver(&second_driver);
	if (r)
		pci_unregister_driver(&first_driver);
	return r;
}
module_init(two_init);

static void __exit two_exit(void)
{
	pci_unregister_driver(&second_driver);
	pci_unregister_driver(&first_driver);
}
module_exit(two_exit);

MODULE_DESCRIPTION("driverctl test: a module with two drivers");
MODULE_LICENSE("GPL");
