/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only file that touches the IOMMU core's domains. It goes through the
 * core's one validated path, the group's "type" file, and keeps no state.
 */
#ifndef IOMMU_PT_DOMAIN_H
#define IOMMU_PT_DOMAIN_H

#include <linux/iommu.h>
#include <linux/types.h>

struct device;

enum domain_type {
	DOMAIN_UNKNOWN,
	DOMAIN_IDENTITY,
	DOMAIN_DMA,
	DOMAIN_DMA_FQ,
	DOMAIN_BLOCKED,
	DOMAIN_UNMANAGED,
	DOMAIN_AUTO,		/* to write only: the kernel's choice */
};

int domain_init(void);
void domain_exit(void);

/**
 * domain_type_name() - the core's word for a type
 * @type: the type
 *
 * Return: a static string.
 */
const char *domain_type_name(enum domain_type type);

/**
 * domain_read() - what a group's default domain is now
 * @grp: the group; the caller holds a reference
 *
 * Context: sleeps. Takes the core's group mutex.
 * Return: the type, DOMAIN_UNKNOWN where the core has none or says nothing.
 */
enum domain_type domain_read(struct iommu_group *grp);

/**
 * domain_write() - change a group's default domain, and read it back
 * @grp: the group; the caller holds a reference, and makes sure that none of
 *	its devices leaves meanwhile
 * @type: what is wanted
 * @now: what it is afterwards, whatever is returned
 *
 * The write runs in a worker, because the core asks for capabilities of the
 * current task, and whoever plugs a device in may have none. Who has many to
 * write is one, and saves the way to another.
 *
 * Context: sleeps. Where COMPAT_TYPE_LOCKS_DEVICE it takes the device_lock of
 * the group's device, so the caller must hold no device_lock.
 * Return: 0, or what the core refused with (-EBUSY and -EPERM: owned by a
 * driver or by userspace; -EINVAL: not possible for this group). A success
 * may still have got another type: look at @now.
 */
int domain_write(struct iommu_group *grp, enum domain_type type,
		 enum domain_type *now);

/**
 * domain_is_owned() - has a driver or userspace the group in use?
 * @grp: the group; the caller holds a reference
 */
static inline bool domain_is_owned(struct iommu_group *grp)
{
	return iommu_group_dma_owner_claimed(grp);
}

/**
 * domain_driver_is_managed() - does the driver see to DMA ownership itself?
 * @dev: a device with a driver; the caller holds its device_lock
 *
 * Such drivers (vfio-pci, pcieport, pci-stub) do not count as the group's
 * owner merely because they are bound.
 */
bool domain_driver_is_managed(struct device *dev);

#endif /* IOMMU_PT_DOMAIN_H */
