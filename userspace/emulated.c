// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>

#include "emulated.h"

#define ANY	0

static const struct {
	unsigned int vendor;
	unsigned int device;
} ids[] = {
	{ 0x1b36, ANY },	/* QEMU: NVMe, ports, xHCI, ... */
	{ 0x1234, ANY },	/* QEMU: VGA, edu */
	{ 0x1af4, ANY },	/* virtio; what it offers tells the rest */
	{ 0x8086, 0x100e },	/* e1000 */
	{ 0x8086, 0x10d3 },	/* e1000e */
	{ 0x8086, 0x10c9 },	/* igb, and its virtual functions */
	{ 0x8086, 0x10ca },
	{ 0x8086, 0x2918 },	/* q35: ISA bridge, AHCI, SMBus, host bridge */
	{ 0x8086, 0x2922 },
	{ 0x8086, 0x2930 },
	{ 0x8086, 0x29c0 },
};

bool is_emulated(unsigned int vendor, unsigned int device)
{
	size_t i;

	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (ids[i].vendor == vendor &&
		    (ids[i].device == ANY || ids[i].device == device))
			return true;
	return false;
}
