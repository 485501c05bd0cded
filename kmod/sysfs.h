/* SPDX-License-Identifier: GPL-2.0 */
#ifndef IOMMU_PT_SYSFS_H
#define IOMMU_PT_SYSFS_H

struct pt_device;

int sysfs_init(void);
void sysfs_exit(void);

/**
 * sysfs_device_add() - give a device's folder our attributes
 * @pt: the device, which is not leaving
 *
 * A device without them works as well, so an error is only logged.
 */
void sysfs_device_add(struct pt_device *pt);

/**
 * sysfs_device_remove() - take them away for good
 * @pt: the device
 *
 * Waits for readers and writers. Its folder still exists when this begins.
 */
void sysfs_device_remove(struct pt_device *pt);

/* No device gets attributes any more; those that have, keep them so far. */
void sysfs_close_devices(void);

#endif /* IOMMU_PT_SYSFS_H */
