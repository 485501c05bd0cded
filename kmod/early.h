/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices whose IOMMU comes late. Intel's and AMD's are there before any
 * device. Behind one that firmware's tables (DT, IORT, VIOT) name, the core
 * may put a device into its group only when its driver binds, and the IOMMU's
 * own driver may be a module that is loaded after this one.
 */
#ifndef IOMMU_PT_EARLY_H
#define IOMMU_PT_EARLY_H

#include <linux/types.h>

struct device;

/**
 * early_configure() - have a device put into its group before a driver binds
 * @dev: a device; the caller does not hold its device_lock
 * @arrives: this is its ADD_DEVICE; else it was found
 *
 * Does what the core does at the driver's probe, and itself does right at
 * ADD_DEVICE where not COMPAT_GROUP_AT_PROBE. Nothing is done for a device
 * that is in a group or has a driver, nor in mode observe. A failure is the
 * core's affair: it meets the same one when a driver binds.
 */
void early_configure(struct device *dev, bool arrives);

/**
 * early_is_wanted() - has a device that waits for its IOMMU been seen?
 *
 * Return: whether early_configure() is worth another try for those that were
 * there already. True the first time; asking takes the answer back.
 */
bool early_is_wanted(void);

/**
 * early_note_bound() - a driver has bound
 * @dev: the device; the caller holds its device_lock
 *
 * If it is an IOMMU, the devices behind it are looked at, soon.
 */
void early_note_bound(struct device *dev);

/* Look at all devices again, soon; from anywhere. */
void early_look_later(void);

/**
 * early_init() - begin to watch for IOMMUs that arrive
 * @look: looks at all devices again; may be called twice at a time
 *
 * Return: 0, or a negative error.
 */
int early_init(void (*look)(void));

/* No @look runs when this returns, and none will. */
void early_exit(void);

#endif /* IOMMU_PT_EARLY_H */
