/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Is a userspace driver (vfio) on a device confined to the memory that it is
 * given?
 *
 * "yes" needs all of this, of the device and of every other in its group, which
 * can be told by it to do DMA: it is in a group, so an IOMMU is in front; it
 * obeys that (virtio); the IOMMU sees new mappings (caching mode, if the device
 * may be a real one in a guest), or its own DMA has proven that it is
 * translated; interrupts are remapped, for a device can write
 * any interrupt otherwise. What is not known makes it "unknown".
 *
 * The default domain, of which the policies speak, does not count: vfio gives
 * the group a domain of its own. A device in passthrough can be confined then,
 * and its kernel driver is simply trusted.
 */
#ifndef PTCTL_CONFINED_H
#define PTCTL_CONFINED_H

#include "inventory.h"

/**
 * struct confined - the answer
 * @is: RULE_ANY: unknown
 * @why: a few words; never NULL
 */
struct confined {
	enum rule_tri is;
	char *why;
};

/**
 * confined_read() - the answer for one device; free @why
 * @inv: the machine
 * @master: the device, of @inv
 */
struct confined confined_read(const struct inventory *inv,
			      const struct master *master);

/* May be a real device whose new mappings the hypervisor does not see. */
bool confined_is_unshadowed(const struct inventory *inv,
			    const struct master *master);

/* Behind a kind of IOMMU whose groups are made when a driver binds. */
bool confined_waits_for_group(const struct inventory *inv,
			      const struct master *master);

#endif /* PTCTL_CONFINED_H */
