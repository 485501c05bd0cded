/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What became of a decision, and why: for whoever asks, as events, in the log.
 */
#ifndef IOMMU_PT_REPORT_H
#define IOMMU_PT_REPORT_H

#include <linux/types.h>
#include "domain.h"
#include "policy.h"
#include "uapi/linux/iommu_pt.h"

struct pt_device;
struct pt_group;

#define PT_REASON_MAX	256

/**
 * struct pt_report - all of a device, at one moment
 * @group_id: the core's number of its group, -1 without
 * @driver: name of its driver, empty without
 * @policy: the decision
 * @rule: the rule that decided, or NULL; a reference
 * @status: what became of the decision
 * @effective: what the device's DMA really does
 * @external: untrusted or removable
 * @virtio: a virtio transport
 * @virtio_access: what that offers
 * @user: a userspace driver (vfio, iommufd) owns its group
 * @reason: a sentence that explains @status, may be empty
 */
struct pt_report {
	int group_id;
	char driver[64];
	enum iommu_pt_policy policy;
	struct policy_rule *rule;
	enum iommu_pt_status status;
	enum iommu_pt_effective effective;
	bool external;
	bool virtio;
	enum iommu_pt_virtio_access virtio_access;
	bool user;
	char reason[PT_REASON_MAX];
};

/**
 * report_make() - say all of a device
 * @pt: the device
 * @report: filled in; report_done() when no longer needed
 *
 * Context: sleeps; takes registry_lock, reads the domain.
 */
void report_make(struct pt_device *pt, struct pt_report *report);

static inline void report_done(struct pt_report *report)
{
	policy_rule_put(report->rule);
}

/**
 * report_tell() - events, and lines of the log, for what is new of a group's
 *	members since the last time
 * @group: the group; the caller holds its lock
 * @now: its domain
 */
void report_tell(struct pt_group *group, enum domain_type now);

/* The event that a device is gone; the caller has a reference to its record. */
void report_removed(struct pt_device *pt);

#endif /* IOMMU_PT_REPORT_H */
