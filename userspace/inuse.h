/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What would break if a device's driver were released. Where it cannot be
 * known, the answer is "in use".
 */
#ifndef PTCTL_INUSE_H
#define PTCTL_INUSE_H

#include "dev.h"
#include "xalloc.h"

/**
 * inuse_look() - look for users of a device and of everything on top of it
 * @dev: the device, resolved
 * @findings: one is added for each user: "/dev/vda1 is mounted on /"
 */
void inuse_look(const struct dev *dev, struct strings *findings);

#endif /* PTCTL_INUSE_H */
