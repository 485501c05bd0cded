/* SPDX-License-Identifier: GPL-2.0 */
/* Devices as they hang: below their group, and that below its IOMMU. */
#ifndef PTCTL_TREE_H
#define PTCTL_TREE_H

#include "dev.h"

/**
 * struct tree_visitor - what is called on a walk
 * @iommu: an IOMMU begins; "" for what is behind none, which comes last
 * @group: a group begins
 * @device: a device; in the last group that began, if it is in one
 * @group_end: the group is over; may be NULL
 * @iommu_end: the IOMMU is over; may be NULL
 */
struct tree_visitor {
	void (*iommu)(const char *name, void *arg);
	void (*group)(long group, void *arg);
	void (*device)(const struct dev *dev, void *arg);
	void (*group_end)(void *arg);
	void (*iommu_end)(void *arg);
};

/**
 * tree_walk() - walk over devices by IOMMU, group and name
 * @devs: the devices, sorted
 * @visitor: what to call
 * @arg: handed to it
 */
void tree_walk(const struct devs *devs, const struct tree_visitor *visitor,
	       void *arg);

/* "dmar0 (Intel VT-d)", "no IOMMU"; for the caller to free */
char *tree_iommu_label(const char *name);

/* "group 5 (DMA-FQ)"; for the caller to free */
char *tree_group_label(long group);

#endif /* PTCTL_TREE_H */
