/* SPDX-License-Identifier: GPL-2.0 */
/* Devices as sysfs shows them: the only file that knows libudev. */
#ifndef PTCTL_DEVICE_H
#define PTCTL_DEVICE_H

#include <sys/types.h>

#include "dev.h"
#include "xalloc.h"

/**
 * device_resolve() - find the device that a person means
 * @what: an address, ``bus/name``, a path in sysfs, an interface, a block
 *	device; of what has no DMA of its own, the device that does it
 * @dev: filled in from sysfs: all but what the rules say
 *
 * Return: an enum ptctl_status; complains itself
 */
int device_resolve(const char *what, struct dev *dev);

/**
 * device_absent() - a device that is named in full, and is not there
 * @what: an address or ``bus/name``
 * @dev: bus and name are filled in
 *
 * Return: false if it is there, or @what is something else
 */
bool device_absent(const char *what, struct dev *dev);

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

/* An attribute, or the last part of what a link points to. NULL without. */
char *device_attr(const char *syspath, const char *attr);
char *device_link(const char *syspath, const char *link);

#endif /* PTCTL_DEVICE_H */
