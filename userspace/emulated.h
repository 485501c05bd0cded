/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which PCI devices hypervisors make up themselves. Their DMA is done by the
 * hypervisor, which looks into the virtual IOMMU's tables each time. A device
 * that is none of them may be a real one, assigned to the guest.
 */
#ifndef PTCTL_EMULATED_H
#define PTCTL_EMULATED_H

#include <stdbool.h>

/**
 * is_emulated() - is this surely no real device?
 * @vendor: PCI vendor
 * @device: PCI device; hypervisors imitate real ones
 * @sub_vendor: subsystem vendor, which gives them away
 * @sub_device: subsystem
 */
bool is_emulated(unsigned int vendor, unsigned int device,
		 unsigned int sub_vendor, unsigned int sub_device);

#endif /* PTCTL_EMULATED_H */
