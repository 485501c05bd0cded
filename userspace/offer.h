/* SPDX-License-Identifier: GPL-2.0 */
/* Is VIRTIO_F_ACCESS_PLATFORM offered? As far as sysfs tells, without a module. */
#ifndef PTCTL_OFFER_H
#define PTCTL_OFFER_H

#include "sysroot.h"

/**
 * offer_read() - what a virtio transport offers
 * @root: where to look
 * @folder: of the transport
 * @legacy_id: its PCI device id is one of the transitional ones
 * @from: set to what told, or why nothing does; a new string
 *
 * Return: an enum iommu_pt_virtio_access
 */
unsigned int offer_read(const struct sysroot *root, const char *folder,
			bool legacy_id, char **from);

#endif /* PTCTL_OFFER_H */
