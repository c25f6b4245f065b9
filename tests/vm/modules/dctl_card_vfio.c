// SPDX-License-Identifier: LGPL-2.1-or-later
/* For QEMU's e1000e. The driver's name cannot be told from the module's. */
#define VARIANT_DRIVER "e1000e-variant"
#define VARIANT_PROBE_ERROR 0
#define VARIANT_IDS \
	{ \
		PCI_DRIVER_OVERRIDE_DEVICE_VFIO(0x8086, 0x10d3) \
	}

#include "dctl_variant.h"
