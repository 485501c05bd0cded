/* SPDX-License-Identifier: GPL-2.0 */
/* Devices as sysfs shows them. */
#ifndef PTCTL_DEVICE_H
#define PTCTL_DEVICE_H

#include <sys/types.h>

#include "dev.h"
#include "xalloc.h"

/**
 * device_scan() - all devices in IOMMU groups, and the PCI ones in none
 * @devs: filled in from sysfs, sorted
 */
void device_scan(struct devs *devs);

/**
 * device_group() - the members of a group
 * @group: its number
 * @devs: filled in from sysfs, sorted
 */
void device_group(long group, struct devs *devs);

/* Is it one of the buses that the kernel's IOMMU core serves, as configured? */
bool device_is_served(const char *bus);

/**
 * device_other_groups() - the members of all groups that no device is in
 * @devs: devices; those of other groups are added, filled in from sysfs
 */
void device_other_groups(struct devs *devs);

/**
 * device_iommu() - what stands in front of a device
 * @dev: the device
 *
 * Return: the kernel's name of its IOMMU (dmar0), NULL without one
 */
char *device_iommu(const struct dev *dev);

/**
 * device_kind() - whose an IOMMU is
 * @iommu: the kernel's name of it
 *
 * Return: a static string ("Intel VT-d")
 */
const char *device_kind(const char *iommu);

/**
 * device_modalias() - what rules match as modalias
 * @dev: the device; its own modalias if it is known already
 *
 * Return: a string for the caller to free; NULL without one
 */
char *device_modalias(const struct dev *dev);

/**
 * struct device_names - what people call a device, from udev's hardware database
 * @vendor: "Intel Corporation", NULL if the database does not say
 * @model: "82574L Gigabit Network Connection", or NULL
 */
struct device_names {
	char *vendor;
	char *model;
};

/**
 * device_names() - look a device up in udev's hardware database
 * @dev: the device
 * @names: filled in; the caller frees both
 */
void device_names(const struct dev *dev, struct device_names *names);

/* Type of a group's domain (identity, DMA, DMA-FQ...); NULL if unreadable. */
char *device_group_type(long group);

/* What the kernel calls its IOMMUs, and whose they are: "Intel VT-d (dmar0)" */
void device_iommus(struct strings *list);

/**
 * typedef device_fn - called for each device below a device
 * @subsystem: the class or bus that it belongs to
 * @syspath: its folder
 */
typedef void (*device_fn)(const char *subsystem, const char *syspath,
			  void *arg);

/**
 * device_descend() - walk over a device and everything below it
 * @syspath: the device
 * @fn: called for each
 * @arg: handed to @fn
 */
void device_descend(const char *syspath, device_fn fn, void *arg);

#endif /* PTCTL_DEVICE_H */
