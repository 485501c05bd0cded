// SPDX-License-Identifier: GPL-2.0
#include <linux/err.h>
#include <linux/init.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include "hint.h"
#include "policy.h"
#include "strict.h"

/*
 * policy_lock guards all of this. Innermost of the module's locks: nothing
 * else is taken under it, and but for the one seal it is held for no longer
 * than to match or to exchange every rule.
 */
static DEFINE_MUTEX(policy_lock);

static struct ruleset current_rules;
static struct ruleset *sealed_rules;	/* NULL before the seal */
static unsigned int next_order;		/* of rules for one device each */

static const enum policy_layer layer_of_channel[] = {
	[IOMMU_PT_CHANNEL_SMBIOS] = LAYER_SMBIOS,
	[IOMMU_PT_CHANNEL_PROPERTY] = LAYER_PROPERTY,
	[IOMMU_PT_CHANNEL_FW_CFG] = LAYER_FW_CFG,
};

/* ---- changes ---- */

static struct policy_change *make_change(enum policy_layer layer)
{
	struct policy_change *change = kzalloc(sizeof(*change), GFP_KERNEL);

	if (!change)
		return ERR_PTR(-ENOMEM);
	change->layer = layer;
	INIT_LIST_HEAD(&change->rules);
	return change;
}

void policy_finish(struct policy_change *change)
{
	if (IS_ERR_OR_NULL(change))
		return;
	policy_rule_put_all(&change->rules);
	kfree(change->name);
	kfree(change->bus);
	kfree(change);
}

static bool is_hint(enum policy_layer layer)
{
	return layer >= LAYER_SMBIOS && layer <= LAYER_FW_CFG;
}

static int parse_rules(struct rule_cursor *cur, enum policy_layer layer,
		       struct list_head *rules, struct rule_error *err)
{
	struct policy_rule *new;
	unsigned int order = 0;
	struct rule rule;
	int ret;

	while ((ret = rule_next(cur, &rule, err)) > 0) {
		if (ret == RULE_TRUTHFUL)
			continue;
		new = policy_rule_make(layer, order++, &rule, NULL);
		if (!new)
			return -ENOMEM;
		list_add_tail(&new->list, rules);
	}
	return ret < 0 ? -EINVAL : 0;
}

struct policy_change *policy_prepare(enum policy_layer layer, const char *text,
				     size_t len, struct rule_error *err)
{
	struct policy_change *change = make_change(layer);
	struct rule_cursor *cur;
	int ret = -ENOMEM;

	if (IS_ERR(change))
		return change;
	cur = kmalloc(sizeof(*cur), GFP_KERNEL);
	if (!cur)
		goto out;
	if (is_hint(layer))
		hint_start(cur, text, len);
	else
		rule_start(cur, text, len, layer == LAYER_VENDOR);
	ret = parse_rules(cur, layer, &change->rules, err);
	kfree(cur);
out:
	if (!ret)
		return change;
	policy_finish(change);
	return ERR_PTR(ret);
}

static char *quote(const char *string)
{
	int size = rule_quote(string, NULL, 0) + 1;
	char *quoted = kmalloc(size, GFP_KERNEL);

	if (quoted)
		rule_quote(string, quoted, size);
	return quoted;
}

/* A rule for one device and no other. */
static struct policy_rule *make_own(enum policy_layer layer, const char *bus,
				    const char *name,
				    enum iommu_pt_policy policy, bool force)
{
	struct policy_rule *new = NULL;
	char *quoted_bus = quote(bus);
	char *quoted_name = quote(name);
	struct rule rule = {
		.policy = policy,
		.force = force,
		.bus = quoted_bus,
		.name = quoted_name,
	};

	if (quoted_bus && quoted_name)
		new = policy_rule_make(layer, 0, &rule, name);
	kfree(quoted_name);
	kfree(quoted_bus);
	return new;
}

struct policy_change *policy_prepare_runtime(const char *bus, const char *name,
					     enum iommu_pt_policy policy,
					     bool force)
{
	struct policy_change *change = make_change(LAYER_RUNTIME);
	struct policy_rule *new;

	if (IS_ERR(change))
		return change;
	change->bus = quote(bus);
	change->name = kstrdup(name, GFP_KERNEL);
	if (!change->bus || !change->name)
		goto err_finish;
	if (policy != IOMMU_PT_POLICY_AUTO) {
		new = make_own(LAYER_RUNTIME, bus, name, policy, force);
		if (!new)
			goto err_finish;
		list_add_tail(&new->list, &change->rules);
	}
	return change;

err_finish:
	policy_finish(change);
	return ERR_PTR(-ENOMEM);
}

/* Take what the change is to replace out of force, into @old. */
static void retire_former(const struct policy_change *change,
			  struct list_head *old)
{
	struct ruleset *set = &current_rules;
	struct policy_rule *rule, *next;

	if (change->name) {
		rule = ruleset_find_own(set, change->layer, change->bus,
					change->name);
		if (rule) {
			ruleset_remove(set, rule);
			list_add_tail(&rule->list, old);
		}
		return;
	}
	list_for_each_entry_safe(rule, next, &set->layers[change->layer].rules,
				 list) {
		ruleset_remove(set, rule);
		list_add_tail(&rule->list, old);
	}
}

void policy_swap(struct policy_change *change)
{
	struct policy_rule *rule, *next;
	LIST_HEAD(old);

	mutex_lock(&policy_lock);
	retire_former(change, &old);
	list_for_each_entry_safe(rule, next, &change->rules, list) {
		list_del(&rule->list);
		if (change->name)
			rule->order = next_order++;
		ruleset_add(&current_rules, rule);
	}
	list_splice_init(&old, &change->rules);
	mutex_unlock(&policy_lock);
}

struct policy_rule *policy_add_property(const char *bus, const char *name,
					enum iommu_pt_policy policy)
{
	struct policy_rule *rule = make_own(LAYER_PROPERTY, bus, name, policy,
					    false);

	if (!rule)
		return NULL;
	mutex_lock(&policy_lock);
	rule->order = next_order++;
	ruleset_add(&current_rules, policy_rule_get(rule));
	mutex_unlock(&policy_lock);
	return rule;
}

/* What was sealed of it stays: the device may come again. */
void policy_remove_property(struct policy_rule *rule)
{
	mutex_lock(&policy_lock);
	ruleset_remove(&current_rules, rule);
	mutex_unlock(&policy_lock);
	policy_rule_put(rule);	/* the layer's */
	policy_rule_put(rule);	/* the caller's */
}

/* ---- the seal ---- */

static int copy_rules(struct ruleset *to, const struct ruleset *from)
{
	struct policy_rule *rule = NULL, *copy;

	lockdep_assert_held(&policy_lock);
	while ((rule = ruleset_next(from, rule))) {
		copy = policy_rule_make(rule->layer, rule->order, &rule->rule,
					rule->key);
		if (!copy)
			return -ENOMEM;
		ruleset_add(to, copy);
	}
	return 0;
}

int policy_seal(void)
{
	struct ruleset *copy = kzalloc(sizeof(*copy), GFP_KERNEL);
	int ret;

	if (!copy)
		return -ENOMEM;
	ruleset_init(copy);
	mutex_lock(&policy_lock);
	ret = copy_rules(copy, &current_rules);
	if (!ret)
		sealed_rules = copy;
	mutex_unlock(&policy_lock);
	if (ret) {
		ruleset_exit(copy);
		kfree(copy);
	}
	return ret;
}

/* ---- the decision; callers hold policy_lock ---- */

static enum iommu_pt_policy policy_of(const struct policy_rule *rule)
{
	return rule ? rule->rule.policy : IOMMU_PT_POLICY_AUTO;
}

/* The strictest word of all channels, if one counts; else @below. */
static struct policy_rule *decide_by_hints(const struct ruleset *set,
					   const struct rule_subject *subject,
					   bool restricted,
					   struct policy_rule *below,
					   enum iommu_pt_policy *words)
{
	struct policy_rule *rule, *best = NULL;
	int channel, layer;

	for (channel = 0; channel < __IOMMU_PT_CHANNEL_END; channel++) {
		layer = layer_of_channel[channel];
		rule = ruleset_find(set, subject, layer, layer);
		words[channel] = policy_of(rule);
		if (hint_counts(policy_of(rule), policy_of(below), restricted) &&
		    (!best || policy_strictness(policy_of(rule)) >
			      policy_strictness(policy_of(best))))
			best = rule;
	}
	return best ?: below;
}

static struct policy_rule *decide_by(const struct ruleset *set,
				     const struct rule_subject *subject,
				     bool restricted,
				     enum iommu_pt_policy *words)
{
	struct policy_rule *rule;

	lockdep_assert_held(&policy_lock);
	memset(words, 0, sizeof(*words) * __IOMMU_PT_CHANNEL_END);
	if (!set->count)
		return NULL;
	rule = ruleset_find(set, subject, 0, LAYER_ADMIN);
	if (rule)
		return rule;
	rule = ruleset_find(set, subject, LAYER_VENDOR, LAYER_VENDOR);
	return decide_by_hints(set, subject, restricted, rule, words);
}

static bool is_forced(const struct policy_rule *rule)
{
	return rule && rule->rule.force;
}

bool policy_loosens(const struct policy_rule *rule,
		    const struct policy_rule *than)
{
	if (is_forced(rule) && !is_forced(than))
		return policy_of(rule) != IOMMU_PT_POLICY_STRICT;
	return policy_of(rule) != policy_of(than) &&
	       !policy_tightens(policy_of(rule), policy_of(than));
}

void policy_decide(const struct rule_subject *subject, bool restricted,
		   struct policy_decision *decision)
{
	enum iommu_pt_policy words[__IOMMU_PT_CHANNEL_END];
	struct policy_rule *rule, *kept;

	mutex_lock(&policy_lock);
	rule = decide_by(&current_rules, subject, restricted, decision->words);
	decision->by_seal = false;
	if (sealed_rules) {
		kept = decide_by(sealed_rules, subject, restricted, words);
		decision->by_seal = policy_loosens(rule, kept);
		if (decision->by_seal)
			rule = kept;
	}
	decision->rule = policy_rule_get(rule);
	mutex_unlock(&policy_lock);
}

struct policy_rule *policy_decide_unsealed(const struct rule_subject *subject,
					   bool restricted)
{
	enum iommu_pt_policy words[__IOMMU_PT_CHANNEL_END];
	struct policy_rule *rule;

	mutex_lock(&policy_lock);
	rule = policy_rule_get(decide_by(&current_rules, subject, restricted,
					 words));
	mutex_unlock(&policy_lock);
	return rule;
}

bool policy_needs_modalias(void)
{
	struct ruleset *sealed = READ_ONCE(sealed_rules);

	return READ_ONCE(current_rules.asking_modalias) ||
	       (sealed && READ_ONCE(sealed->asking_modalias));
}

unsigned int policy_count(void)
{
	unsigned int n;

	mutex_lock(&policy_lock);
	n = current_rules.count;
	mutex_unlock(&policy_lock);
	return n;
}

/* ---- walking over all of them ---- */

struct policy_rule *policy_next(struct policy_rule *last)
{
	struct policy_rule *rule;

	mutex_lock(&policy_lock);
	rule = policy_rule_get(ruleset_next(&current_rules, last));
	mutex_unlock(&policy_lock);
	policy_rule_put(last);
	return rule;
}

/* ---- life ---- */

void __init policy_init(void)
{
	ruleset_init(&current_rules);
}

void policy_exit(void)
{
	ruleset_exit(&current_rules);
	if (sealed_rules)
		ruleset_exit(sealed_rules);
	kfree(sealed_rules);
}
