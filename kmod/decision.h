/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the rules say of the devices that there are, and the changing of the
 * rules: all or nothing, and once sealed nothing that makes one of these
 * devices less strict. Knows no domain.
 */
#ifndef IOMMU_PT_DECISION_H
#define IOMMU_PT_DECISION_H

#include <linux/types.h>
#include "policy.h"

struct netlink_ext_ack;
struct pt_device;

/**
 * decision_make() - ask the rules again for one device
 * @pt: the device
 *
 * Context: under registry_lock.
 * Return: 0 or -ENOMEM; then the old decision stands.
 */
int decision_make(struct pt_device *pt);

/**
 * decision_is_contradictory() - do hints that decide contradict one another?
 * @pt: the device
 *
 * Context: under registry_lock.
 */
bool decision_is_contradictory(const struct pt_device *pt);

/**
 * decision_set() - a decision of the runtime tier
 * @pt: the device
 * @policy: the policy, IOMMU_PT_POLICY_AUTO takes an earlier one back
 * @flags: IOMMU_PT_SET_FORCE, IOMMU_PT_SET_GROUP
 * @extack: says why not; may be NULL
 *
 * Return: 0; -EOPNOTSUPP if the device is in no IOMMU group, -EPERM if a
 * safety rule or the seal forbids it, -ENOMEM; then nothing is changed.
 */
int decision_set(struct pt_device *pt, enum iommu_pt_policy policy, u32 flags,
		 struct netlink_ext_ack *extack);

/**
 * decision_replace() - replace all rules of a layer
 * @layer: any but those that have rules for one device each
 * @text: the rules
 * @len: bytes of it
 * @extack: says why not; may be NULL
 * @err: where the text is wrong, on -EINVAL
 *
 * No domain changes before group_update_all().
 *
 * Return: 0; -EINVAL on a syntax error, -EPERM if the seal forbids it,
 * -ENOMEM; then the old rules stand.
 */
int decision_replace(enum policy_layer layer, const char *text, size_t len,
		     struct netlink_ext_ack *extack, struct rule_error *err);

#endif /* IOMMU_PT_DECISION_H */
