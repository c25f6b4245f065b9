// SPDX-License-Identifier: LGPL-2.1-or-later
/* For QEMU's virtio network card, which it refuses. */
#define VARIANT_DRIVER "dctl-fail-vfio"
#define VARIANT_PROBE_ERROR -EIO
#define VARIANT_IDS \
	{ \
		PCI_DRIVER_OVERRIDE_DEVICE_VFIO(0x1af4, 0x1041) \
	}

#include "dctl_variant.h"
