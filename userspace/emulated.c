// SPDX-License-Identifier: GPL-2.0
#include "emulated.h"

#define VENDOR_REDHAT_QEMU	0x1b36
#define VENDOR_QEMU		0x1234	/* VGA, edu */
#define VENDOR_VIRTIO		0x1af4	/* what it offers tells the rest */
#define VENDOR_INTEL		0x8086
#define DEVICE_E1000E		0x10d3

bool is_emulated(unsigned int vendor, unsigned int device,
		 unsigned int sub_vendor, unsigned int sub_device)
{
	if (vendor == VENDOR_REDHAT_QEMU || vendor == VENDOR_QEMU ||
	    vendor == VENDOR_VIRTIO)
		return true;
	/* QEMU's own for whatever it imitates, but for one. */
	return sub_vendor == VENDOR_VIRTIO ||
	       (vendor == VENDOR_INTEL && device == DEVICE_E1000E &&
		sub_vendor == VENDOR_INTEL && !sub_device);
}
