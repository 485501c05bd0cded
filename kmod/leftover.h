/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a driver leaves behind: memory for DMA that it frees later than at its remove.
 * Only nvme before Linux 6.2 is known to (compat.h): its controller, whose release
 * frees the doorbell buffer, is let go of by the asynchronous half of its probe, by
 * work that is to remove a controller whose probe failed, and by who has a node or a
 * disk of it open. In another domain than it was made in, the kernel does not survive
 * that, so a device counts as bound until all of it is gone.
 *
 * A reference to each controller is held from the beginning of its remove. Who finds it
 * to be the last one puts it, with which the memory is freed there and then.
 */
#ifndef IOMMU_PT_LEFTOVER_H
#define IOMMU_PT_LEFTOVER_H

#include "compat.h"

struct device;

#if COMPAT_NVME_FREES_LATE

/**
 * leftover_note() - a driver is about to be released (UNBIND_DRIVER)
 * @dev: the device, which has a record; the caller holds its device_lock
 *
 * What is noted is looked after until all of it is gone, when the device's group is
 * updated, or until leftover_drop() or leftover_exit().
 *
 * Context: sleeps.
 */
void leftover_note(struct device *dev);

/**
 * leftover_remains() - is there memory that a former driver has still to free?
 * @dev: the device
 *
 * Context: sleeps. Frees what nobody else holds.
 */
bool leftover_remains(struct device *dev);

/**
 * leftover_await() - wait until nothing remains
 * @dev: the device
 *
 * Context: sleeps, five seconds at most. The caller holds no lock that a probe or a
 * remove may need.
 * Return: whether nothing does.
 */
bool leftover_await(struct device *dev);

/**
 * leftover_drop() - a device is about to go, and its domain with it
 * @dev: the device
 */
void leftover_drop(struct device *dev);

/* Return: 0 or -errno of register_module_notifier(). */
int leftover_init(void);

/* No notifier that may note anything is registered any more. Harmless twice. */
void leftover_exit(void);

#else

static inline void leftover_note(struct device *dev) {}
static inline bool leftover_remains(struct device *dev) { return false; }
static inline bool leftover_await(struct device *dev) { return true; }
static inline void leftover_drop(struct device *dev) {}
static inline int leftover_init(void) { return 0; }
static inline void leftover_exit(void) {}

#endif

#endif /* IOMMU_PT_LEFTOVER_H */
