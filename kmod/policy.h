/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tiers of rules, and the decision: the first rule that matches in the
 * highest tier that has one. Knows no device and no domain.
 */
#ifndef IOMMU_PT_POLICY_H
#define IOMMU_PT_POLICY_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include "rule.h"

/* Most bytes of text that one tier's rules may have. */
#define POLICY_TEXT_MAX		(1024 * 1024)

/**
 * struct policy_rule - a rule in force, or one that was when it decided
 * @refs: the tier's reference, and one of each decision
 * @tier: who it comes from
 * @order: place among the rules of its tier
 * @rule: what it says; its strings lie in @text
 * @key: name of the only device it can match, NULL if there may be others
 * @in_force: not replaced yet; policy_lock
 * @list: in its tier, in order; policy_lock
 * @scan: among its tier's rules without a @key, in order; policy_lock
 * @by_name: among all rules with a @key; policy_lock
 * @text: strings
 */
struct policy_rule {
	refcount_t refs;
	enum iommu_pt_tier tier;
	unsigned int order;
	struct rule rule;
	const char *key;
	bool in_force;
	struct list_head list;
	struct list_head scan;
	struct hlist_node by_name;
	char text[];
};

void policy_init(void);
void policy_exit(void);

/**
 * policy_decide() - the rule that decides for a device
 * @subject: the device
 *
 * Exact names cost one look-up, the other rules a match each.
 *
 * Return: the rule, with a reference that the caller puts, or NULL.
 */
struct policy_rule *policy_decide(const struct rule_subject *subject);

/**
 * policy_needs_modalias() - does any rule ask for a modalias?
 *
 * So that nobody makes one in vain. May be wrong while rules are replaced;
 * every device is decided for again after that.
 */
bool policy_needs_modalias(void);

/**
 * policy_replace() - replace all rules of a tier, or none
 * @tier: any but the runtime tier
 * @text: the rules
 * @len: bytes of it
 * @err: where the text is wrong, on -EINVAL
 *
 * Return: 0, -EINVAL on a syntax error, -ENOMEM; then the old rules stand.
 */
int policy_replace(enum iommu_pt_tier tier, const char *text, size_t len,
		   struct rule_error *err);

/**
 * policy_set_runtime() - decide for one device until reboot
 * @bus: name of its bus type
 * @name: its name
 * @policy: the policy; IOMMU_PT_POLICY_AUTO takes an earlier one back
 * @force: against the safety rules
 *
 * Return: 0 or -ENOMEM; then the old decision stands.
 */
int policy_set_runtime(const char *bus, const char *name,
		       enum iommu_pt_policy policy, bool force);

/**
 * policy_next() - walk over all rules, highest tier first, in order
 * @last: the rule before, NULL to begin; its reference is taken over
 *
 * Holds no lock between calls: rules that are replaced meanwhile are seen
 * as they were or as they are.
 *
 * Return: the rule, with a reference that the caller puts or hands to the
 * next call, NULL at the end.
 */
struct policy_rule *policy_next(struct policy_rule *last);

/* How many rules there are, all tiers. */
unsigned int policy_count(void);

struct policy_rule *policy_rule_get(struct policy_rule *rule);
void policy_rule_put(struct policy_rule *rule);

#endif /* IOMMU_PT_POLICY_H */
