/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which PCI devices hypervisors make up themselves. Their DMA is done by the
 * hypervisor, which looks into the virtual IOMMU's tables each time. A device
 * that is none of them may be a real one, assigned to the guest.
 */
#ifndef PTCTL_EMULATED_H
#define PTCTL_EMULATED_H

#include <stdbool.h>

bool is_emulated(unsigned int vendor, unsigned int device);

#endif /* PTCTL_EMULATED_H */
