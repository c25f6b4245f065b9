// SPDX-License-Identifier: LGPL-2.1-or-later
/* For QEMU's e1000e by its class, as dctl_better_vfio: a tie. Installed by a test. */
#define VARIANT_DRIVER "dctl-tie-vfio"
#define VARIANT_PROBE_ERROR 0
#define VARIANT_IDS \
	{ \
		.vendor = 0x8086, .device = 0x10d3, .subvendor = PCI_ANY_ID, \
		.subdevice = PCI_ANY_ID, .class = PCI_CLASS_NETWORK_ETHERNET << 8, \
		.class_mask = 0xffff00, .override_only = PCI_ID_F_VFIO_DRIVER_OVERRIDE, \
	}

#include "dctl_variant.h"
