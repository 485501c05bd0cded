/* SPDX-License-Identifier: GPL-2.0 */
/* Which device a person means. */
#ifndef PTCTL_RESOLVE_H
#define PTCTL_RESOLVE_H

#include <stdbool.h>

#include "dev.h"

/**
 * resolve_device() - find the device that a person means
 * @what: an address, ``bus/name``, a path in sysfs, an interface, a block
 *	device; of what has no DMA of its own, the device that does it
 * @dev: filled in from sysfs: all but what the rules say
 *
 * Return: an enum ptctl_status; complains itself
 */
int resolve_device(const char *what, struct dev *dev);

/**
 * resolve_absent() - a device that is named in full, and is not there
 * @what: an address or ``bus/name``
 * @dev: bus and name are filled in
 *
 * Return: false if it is there, or @what is something else
 */
bool resolve_absent(const char *what, struct dev *dev);

#endif /* PTCTL_RESOLVE_H */
