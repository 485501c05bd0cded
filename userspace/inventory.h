/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All that is known of a machine's IOMMUs, groups and devices, read from its
 * /sys and /proc. Facts only: what they mean is audit.h's. Of what is yes or no,
 * RULE_ANY means that it is not known.
 */
#ifndef PTCTL_INVENTORY_H
#define PTCTL_INVENTORY_H

#include "cover.h"
#include "dev.h"
#include "sysroot.h"

/**
 * struct master - a device that could do DMA
 * @dev: what is known of it in general; no syspath
 * @folder: where its attributes are, as sysroot.h has paths
 * @vendor: PCI vendor, 0 on other buses
 * @device: PCI device
 * @sub_vendor: PCI subsystem vendor
 * @sub_device: PCI subsystem
 * @class: PCI class, 24 bits
 * @iommu: name of the IOMMU in front of it, NULL if not known
 * @access: enum iommu_pt_virtio_access; UNKNOWN also if it is no transport
 * @access_from: what told @access, or why nothing did; NULL: no transport
 * @covered: firmware says that it is behind an IOMMU
 * @covered_from: what says so, or would; NULL for RULE_ANY
 */
struct master {
	struct dev dev;
	char *folder;
	unsigned int vendor;
	unsigned int device;
	unsigned int sub_vendor;
	unsigned int sub_device;
	unsigned int class;
	char *iommu;
	unsigned int access;
	char *access_from;
	enum rule_tri covered;
	const char *covered_from;
};

/**
 * struct group - an IOMMU group
 * @number: its number
 * @type: of its default domain, NULL if it cannot be read
 */
struct group {
	long number;
	char *type;
};

/**
 * struct unit - an IOMMU
 * @name: what the kernel calls it
 * @vtd: a VT-d
 * @amd: an AMD-Vi
 * @caching: it asks for invalidations of what was not mapped before, without
 *	which a hypervisor does not see new mappings
 * @register_text: what told @caching, NULL if nothing did
 */
struct unit {
	char *name;
	bool vtd;
	bool amd;
	enum rule_tri caching;
	char *register_text;
};

/**
 * struct inventory - a machine
 * @masters: in a group, or on PCI, or behind an IOMMU as firmware has it;
 *	without bridges and the IOMMUs themselves, sorted
 * @groups: all of them, but those that vfio makes where there is no IOMMU
 * @units: all that are in use
 * @tables: what of firmware's names an IOMMU
 * @cover: what it says of each device
 * @cmdline: of the kernel, NULL if it cannot be read
 * @virtualized: a hypervisor is below
 * @remapped: interrupts go through the IOMMU
 * @remapped_from: what told @remapped, NULL if nothing did
 * @unsafe_interrupts: vfio was told to do without
 * @mode: of the module, NULL if it is not loaded
 * @truthful: the platform vouches for its tables
 * @sealed: nothing becomes less strict
 */
struct inventory {
	struct { struct master *at; size_t count; } masters;
	struct { struct group *at; size_t count; } groups;
	struct { struct unit *at; size_t count; } units;
	struct strings tables;
	struct cover cover;
	char *cmdline;
	enum rule_tri virtualized;
	enum rule_tri remapped;
	char *remapped_from;
	bool unsafe_interrupts;
	char *mode;
	enum rule_tri truthful;
	enum rule_tri sealed;
};

/**
 * inventory_read() - look at a machine
 * @inv: filled in
 * @root: where to look
 */
void inventory_read(struct inventory *inv, const struct sysroot *root);
void inventory_free(struct inventory *inv);

/**
 * inventory_set_access() - somebody knows better what virtio is offered
 * @master: the transport
 * @access: enum iommu_pt_virtio_access
 * @who: where that is from
 */
void inventory_set_access(struct master *master, unsigned int access,
			  const char *who);

/* NULL if there is none */
const struct group *inventory_group(const struct inventory *inv, long number);

/* The IOMMU in front of a device: if there is but one, that one. Or NULL. */
const struct unit *inventory_unit(const struct inventory *inv,
				  const struct master *master);

#endif /* PTCTL_INVENTORY_H */
