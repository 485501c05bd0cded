/* SPDX-License-Identifier: GPL-2.0 */
/* The generic netlink family, and its events. */
#ifndef IOMMU_PT_NETLINK_H
#define IOMMU_PT_NETLINK_H

#include "uapi/linux/iommu_pt.h"

struct genl_family;
struct pt_device;
struct pt_report;

extern struct genl_family netlink_family;

int netlink_init(void);
void netlink_exit(void);

/**
 * netlink_tell() - send an event to whoever listens
 * @pt: the device
 * @event: what happened
 * @report: all of the device, now
 *
 * Lost events are counted; see IOMMU_PT_A_EVENTS_LOST.
 */
void netlink_tell(struct pt_device *pt, enum iommu_pt_event event,
		  const struct pt_report *report);

#endif /* IOMMU_PT_NETLINK_H */
