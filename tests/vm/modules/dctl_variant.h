/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A VFIO variant driver on vfio_pci_core that adds nothing. A .c file defines VARIANT_DRIVER, the
 * driver's name, VARIANT_IDS, and VARIANT_PROBE_ERROR (0 for a probe that succeeds). A probe goes
 * on for `seconds` after the VFIO device has been registered.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/version.h>
#include <linux/vfio_pci_core.h>

static unsigned int seconds;
module_param(seconds, uint, 0644);
MODULE_PARM_DESC(seconds, "how long a probe takes");

static int variant_open(struct vfio_device *core)
{
	struct vfio_pci_core_device *vdev = container_of(core, struct vfio_pci_core_device, vdev);
	int err = vfio_pci_core_enable(vdev);

	if (!err)
		vfio_pci_core_finish_enable(vdev);
	return err;
}

static const struct vfio_device_ops variant_ops = {
	.name = VARIANT_DRIVER,
	.init = vfio_pci_core_init_dev,
	.release = vfio_pci_core_release_dev,
	.open_device = variant_open,
	.close_device = vfio_pci_core_close_device,
	.ioctl = vfio_pci_core_ioctl,
	.device_feature = vfio_pci_core_ioctl_feature,
	.read = vfio_pci_core_read,
	.write = vfio_pci_core_write,
	.mmap = vfio_pci_core_mmap,
	.request = vfio_pci_core_request,
	.match = vfio_pci_core_match,
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
	.match_token_uuid = vfio_pci_core_match_token_uuid,
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
	.get_region_info_caps = vfio_pci_ioctl_get_region_info,
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	.bind_iommufd = vfio_iommufd_physical_bind,
	.unbind_iommufd = vfio_iommufd_physical_unbind,
	.attach_ioas = vfio_iommufd_physical_attach_ioas,
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	.detach_ioas = vfio_iommufd_physical_detach_ioas,
#endif
};

static int variant_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vfio_pci_core_device *vdev;
	int err = VARIANT_PROBE_ERROR;

	if (err)
		return err;
	vdev = vfio_alloc_device(vfio_pci_core_device, vdev, &pdev->dev, &variant_ops);
	if (IS_ERR(vdev))
		return PTR_ERR(vdev);
	dev_set_drvdata(&pdev->dev, vdev);
	err = vfio_pci_core_register_device(vdev);
	if (err)
		vfio_put_device(&vdev->vdev);
	ssleep(seconds);
	return err;
}

static void variant_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(vdev);
	vfio_put_device(&vdev->vdev);
}

static const struct pci_device_id variant_ids[] = { VARIANT_IDS, { 0 } };
MODULE_DEVICE_TABLE(pci, variant_ids);

static struct pci_driver variant_driver = {
	.name = VARIANT_DRIVER,
	.id_table = variant_ids,
	.probe = variant_probe,
	.remove = variant_remove,
	.err_handler = &vfio_pci_core_err_handlers,
	.driver_managed_dma = true,
};
module_pci_driver(variant_driver);

MODULE_DESCRIPTION("driverctl test: a VFIO variant");
MODULE_LICENSE("GPL");
