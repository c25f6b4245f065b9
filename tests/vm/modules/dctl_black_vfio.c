// SPDX-License-Identifier: LGPL-2.1-or-later
/* For QEMU's e1000e, by its subsystem's vendor too: better than by the device alone. */
#define VARIANT_DRIVER "dctl-black-vfio"
#define VARIANT_PROBE_ERROR 0
#define VARIANT_IDS \
	{ \
		.vendor = 0x8086, .device = 0x10d3, .subvendor = 0x8086, .subdevice = PCI_ANY_ID, \
		.override_only = PCI_ID_F_VFIO_DRIVER_OVERRIDE, \
	}

#include "dctl_variant.h"
