/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Release, change the domain, attach the same driver again: one operation
 * of the kernel, so that whoever asked for it may be killed meanwhile.
 */
#ifndef IOMMU_PT_REBIND_H
#define IOMMU_PT_REBIND_H

#include <linux/compiler_attributes.h>
#include <linux/types.h>

struct device;
struct device_driver;
struct pt_device;
struct pt_group;

#define REBIND_MESSAGE_MAX	256

/**
 * struct rebind_result - what became of it
 * @error: 0; -EBUSY, or -ENOMEM where nothing was released: not begun, see
 *	@message; else what the driver's probe said. Of a loan also -ECANCELED: it
 *	ended before its turn, and -ENODEV: vfio-pci does not bind, or the device is
 *	gone
 * @message: a sentence, empty without @error
 */
struct rebind_result {
	int error;
	char message[REBIND_MESSAGE_MAX];
};

/**
 * rebind_fail() - say that it failed, and why
 * @result: takes both; what it said before is lost
 * @error: less than 0
 * @fmt: of printf; what comes of it is cut
 */
__printf(3, 4)
void rebind_fail(struct rebind_result *result, int error, const char *fmt, ...);

/**
 * rebind() - give a device's driver, or its group's drivers, a new domain
 * @pt: the device
 * @whole_group: release the drivers of its siblings too; else they are in
 *	the way
 * @result: filled in
 *
 * Does nothing where nothing is pending. Drivers that do not attach in the
 * new domain are tried in the former one, which then stays.
 *
 * Context: sleeps, as long as drivers take to remove and to probe. The caller
 * holds no lock.
 */
void rebind(struct pt_device *pt, bool whole_group,
	    struct rebind_result *result);

/**
 * rebind_begin() - keep everybody else from changing a group's domain
 * @group: the group
 *
 * Return: false if somebody does so already; else rebind_end() ends it, and
 * brings the group to what the rules say then.
 */
bool rebind_begin(struct pt_group *group);
void rebind_end(struct pt_group *group);

/**
 * rebind_attach() - give a device back to the driver that it had
 * @dev: the device
 * @drv: the driver; the caller keeps its module
 *
 * Return: 0 if it has that driver now, whoever did it; else the error of
 * device_driver_attach().
 */
int rebind_attach(struct device *dev, struct device_driver *drv);

/**
 * rebind_idle() - rebind every pending transport that nothing uses yet
 *
 * Where a transport's driver is built into the kernel (virtio-pci, virtio-mmio)
 * it is bound before any module can be. While none of the devices that it
 * carries has a driver, releasing it takes nothing from anybody. Does nothing
 * with the parameter rebind=never, and in the modes that change nothing.
 *
 * Context: as rebind().
 */
void rebind_idle(void);

#endif /* IOMMU_PT_REBIND_H */
