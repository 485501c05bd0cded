/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tiers of rules, and the decision: the first rule that matches in the
 * highest tier that has one. Of tier hint each channel is asked by itself, and
 * the strictest of their words counts. Once sealed, a copy of all rules as they
 * were is kept, and the stricter of both decisions is the one. Knows no device
 * and no domain.
 */
#ifndef IOMMU_PT_POLICY_H
#define IOMMU_PT_POLICY_H

#include <linux/list.h>
#include <linux/types.h>
#include "rule.h"
#include "ruleset.h"

/* Most bytes of text that one tier's rules may have. */
#define POLICY_TEXT_MAX		(1024 * 1024)

void policy_init(void);
void policy_exit(void);

/**
 * struct policy_decision - what the rules say of a device
 * @rule: the rule that decides, with a reference, or NULL
 * @words: what each channel of hints says of it, if hints have a say; AUTO:
 *	nothing
 * @by_seal: the rules of the seal decide, because those in force now are less
 *	strict
 */
struct policy_decision {
	struct policy_rule *rule;
	enum iommu_pt_policy words[__IOMMU_PT_CHANNEL_END];
	bool by_seal;
};

/**
 * policy_decide() - what the rules say of a device
 * @subject: the device
 * @restricted: hints count only where they make it stricter
 * @decision: filled in; the caller puts its rule
 *
 * Exact names and modaliases that begin with no wildcard cost a few look-ups,
 * the other rules a match each.
 */
void policy_decide(const struct rule_subject *subject, bool restricted,
		   struct policy_decision *decision);

/* The same by the rules in force alone, whatever the seal keeps. */
struct policy_rule *policy_decide_unsealed(const struct rule_subject *subject,
					   bool restricted);

/**
 * policy_loosens() - would a rule, in place of another, loosen anything?
 * @rule: the rule that would decide, or NULL
 * @than: the rule that decides, or NULL
 */
bool policy_loosens(const struct policy_rule *rule,
		    const struct policy_rule *than);

/**
 * policy_needs_modalias() - does any rule ask for a modalias?
 *
 * So that nobody makes one in vain. May be wrong while rules are replaced;
 * every device is decided for again after that.
 */
bool policy_needs_modalias(void);

/**
 * struct policy_change - rules that are to replace others
 * @layer: of this layer
 * @rules: those that policy_swap() puts in force
 * @bus: with @name, only those of one device, by rule.bus and key; or NULL
 * @name: its name
 * @list: for the caller
 */
struct policy_change {
	enum policy_layer layer;
	struct list_head rules;
	char *bus;
	char *name;
	struct list_head list;
};

/**
 * policy_prepare() - read a text that is to replace all rules of a layer
 * @layer: any but those that have rules for one device each
 * @text: the rules
 * @len: bytes of it
 * @err: where the text is wrong, on -EINVAL
 *
 * Return: the change, for policy_finish(); ERR_PTR(-EINVAL) on a syntax
 * error, ERR_PTR(-ENOMEM).
 */
struct policy_change *policy_prepare(enum policy_layer layer, const char *text,
				     size_t len, struct rule_error *err);

/**
 * policy_prepare_runtime() - make a decision for one device until reboot
 * @bus: name of its bus type
 * @name: its name
 * @policy: the policy; IOMMU_PT_POLICY_AUTO takes an earlier one back
 * @force: against the safety rules
 *
 * Return: as policy_prepare().
 */
struct policy_change *policy_prepare_runtime(const char *bus, const char *name,
					     enum iommu_pt_policy policy,
					     bool force);

/**
 * policy_swap() - put the rules of a change in force, all at once
 * @change: has those that were in force, afterwards; a second call swaps back
 */
void policy_swap(struct policy_change *change);

/* Free a change with the rules that it has. ERR_PTR() and NULL are no change. */
void policy_finish(struct policy_change *change);

/**
 * policy_add_property() - put the word of a device's property in force
 * @bus: name of its bus type
 * @name: its name
 * @policy: the word
 *
 * Return: the rule, for policy_remove_property(), or NULL without memory.
 */
struct policy_rule *policy_add_property(const char *bus, const char *name,
					enum iommu_pt_policy policy);

/* The device is gone, so that the seal keeps it no longer either. */
void policy_remove_property(struct policy_rule *rule);

/**
 * policy_seal() - keep a copy of all rules, for good
 *
 * Return: 0 or -ENOMEM.
 */
int policy_seal(void);

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

#endif /* IOMMU_PT_POLICY_H */
