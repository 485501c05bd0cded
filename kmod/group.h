/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The bringing of a group's domain to what its members' decisions come to
 * (verdict.h). Everything that happens (a device comes or goes, a
 * driver unbinds, rules change) ends in one function that looks at all there
 * is and does what is missing; so nothing depends on the order of events.
 */
#ifndef IOMMU_PT_GROUP_H
#define IOMMU_PT_GROUP_H

#include <linux/types.h>
#include "domain.h"
#include "uapi/linux/iommu_pt.h"

struct netlink_ext_ack;
struct pt_device;
struct pt_group;
struct work_struct;

int group_init(void);

/**
 * group_close() - change no domain any more
 *
 * To be called while the notifiers still make devices that leave wait for a
 * change under way; none is when they are unregistered.
 */
void group_close(void);

/* Nothing may begin any more. */
void group_exit(void);

/**
 * group_update() - bring a group to what the rules say
 * @group: the group; the caller holds a reference
 *
 * Context: sleeps; takes pt_group.lock.
 */
void group_update(struct pt_group *group);

/* The same, by who has set pt_group.rebinding. */
void group_update_rebinding(struct pt_group *group);

/* Whoever asks for it again has it tried again, and is not told of the last time. */
void group_forget_refusal(struct pt_group *group);

/**
 * group_restore() - put a former domain back, whatever the rules say; not a
 *	less strict one, once sealed
 * @group: the group; the caller has set pt_group.rebinding
 * @type: the domain that it had
 *
 * Context: as group_update().
 * Return: the domain that it has then.
 */
enum domain_type group_restore(struct pt_group *group, enum domain_type type);

/* As group_update(), soon, in a worker; from anywhere that may sleep. */
void group_update_later(struct pt_group *group);
void group_update_work(struct work_struct *work);

/**
 * group_update_arriving() - the same, for a device that is being added
 * @pt: the device
 *
 * Its driver binds after this returns.
 */
void group_update_arriving(struct pt_device *pt);

/**
 * group_update_unbound() - the same, for a device whose driver is gone
 * @pt: the device; the caller holds its device_lock
 *
 * Done when this returns, but where COMPAT_TYPE_LOCKS_DEVICE soon after.
 */
void group_update_unbound(struct pt_device *pt);

/* The same as group_update() for every group. */
void group_update_all(void);

/**
 * group_decide() - a decision of the runtime tier
 * @pt: the device
 * @policy: the policy, IOMMU_PT_POLICY_AUTO takes an earlier one back
 * @flags: IOMMU_PT_SET_FORCE, IOMMU_PT_SET_GROUP
 * @extack: says why not; may be NULL
 *
 * Return: 0 (what became of it, report_make() says); -EOPNOTSUPP if the
 * device is in no IOMMU group, -EPERM if a safety rule or the seal forbids it,
 * -ENOMEM; then nothing is changed.
 */
int group_decide(struct pt_device *pt, enum iommu_pt_policy policy, u32 flags,
		 struct netlink_ext_ack *extack);

#endif /* IOMMU_PT_GROUP_H */
