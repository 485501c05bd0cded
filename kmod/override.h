/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A device's driver_override. By its file in sysfs, for how the kernel keeps it
 * has changed more than once, and there it says no to whom it has to.
 */
#ifndef IOMMU_PT_OVERRIDE_H
#define IOMMU_PT_OVERRIDE_H

#include <linux/types.h>

struct device;

int override_init(void);
void override_exit(void);

/**
 * override_read() - what a device's driver_override says
 * @dev: the device; the caller holds a reference
 * @name: takes it, "" if there is none
 * @size: of @name
 *
 * Context: sleeps; takes the locks of the file.
 * Return: 0, -ENAMETOOLONG if @name is too small, or why it cannot be read.
 */
int override_read(struct device *dev, char *name, size_t size);

/**
 * override_write() - change it
 * @dev: the device; the caller holds a reference, and not its device_lock
 * @name: of the driver, "" for none
 *
 * Context: a worker, for the file asks for capabilities.
 * Return: 0, or why it cannot be written.
 */
int override_write(struct device *dev, const char *name);

#endif /* IOMMU_PT_OVERRIDE_H */
