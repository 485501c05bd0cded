/* SPDX-License-Identifier: GPL-2.0 */
/* Devices of libudev's. Only device.c and resolve.c know that library as well. */
#ifndef PTCTL_UDEVICE_H
#define PTCTL_UDEVICE_H

#include <stdbool.h>

#include "dev.h"

struct udev;
struct udev_device;

/* Return: ours, made when it is first asked for; NULL without memory */
struct udev *udevice_context(void);

/* Return: the caller's reference; NULL if there is none, or with a complaint */
struct udev_device *udevice_at(const char *syspath);
struct udev_device *udevice_named(const char *subsystem, const char *name);

/**
 * udevice_read() - all of a device but what the rules say
 * @dev: filled in
 * @d: the device
 *
 * Return: false if it cannot be read, with a complaint
 */
bool udevice_read(struct dev *dev, struct udev_device *d);

/* As rules match it. Some buses (amba) have it in the uevent only. */
char *udevice_modalias(const char *syspath, struct udev_device *d);

#endif /* PTCTL_UDEVICE_H */
