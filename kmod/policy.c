// SPDX-License-Identifier: GPL-2.0
#include <linux/err.h>
#include <linux/hashtable.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/stringhash.h>
#include "policy.h"

/*
 * policy_lock guards all of this. Innermost of the module's locks: nothing
 * else is taken under it, and it is held for no longer than one match of
 * every rule.
 */
static DEFINE_MUTEX(policy_lock);
static struct {
	struct list_head rules;		/* all, by policy_rule.list */
	struct list_head scan;		/* those without a key */
} tiers[__IOMMU_PT_TIER_END];
static DEFINE_HASHTABLE(by_name, 10);
static unsigned int count;
static unsigned int asking_modalias;

static u32 hash(const char *name)
{
	return full_name_hash(NULL, name, strlen(name));
}

struct policy_rule *policy_rule_get(struct policy_rule *rule)
{
	if (rule)
		refcount_inc(&rule->refs);
	return rule;
}

void policy_rule_put(struct policy_rule *rule)
{
	if (rule && refcount_dec_and_test(&rule->refs))
		kfree(rule);
}

/* ---- making rules ---- */

static size_t string_size(const char *s)
{
	return s ? strlen(s) + 1 : 0;
}

static const char *put_string(char **p, const char *s)
{
	size_t size = string_size(s);

	if (!s)
		return NULL;
	s = memcpy(*p, s, size);
	*p += size;
	return s;
}

/* @name: of the only device that the rule is for, or NULL. */
static struct policy_rule *make_rule(enum iommu_pt_tier tier,
				     unsigned int order,
				     const struct rule *rule, const char *name)
{
	struct policy_rule *new;
	char *p;

	new = kmalloc(struct_size(new, text, string_size(rule->bus) +
				  string_size(rule->name) +
				  string_size(rule->modalias) +
				  string_size(name)), GFP_KERNEL);
	if (!new)
		return NULL;
	refcount_set(&new->refs, 1);
	new->tier = tier;
	new->order = order;
	new->rule = *rule;
	new->in_force = false;
	INIT_LIST_HEAD(&new->scan);
	INIT_HLIST_NODE(&new->by_name);

	p = new->text;
	new->rule.bus = put_string(&p, rule->bus);
	new->rule.name = put_string(&p, rule->name);
	new->rule.modalias = put_string(&p, rule->modalias);
	new->key = put_string(&p, name);
	if (!new->key && rule->name && rule_glob_is_literal(rule->name))
		new->key = new->rule.name;
	return new;
}

static void free_rules(struct list_head *rules)
{
	struct policy_rule *rule, *next;

	list_for_each_entry_safe(rule, next, rules, list)
		policy_rule_put(rule);
	INIT_LIST_HEAD(rules);
}

static int parse_rules(struct rule_cursor *cur, enum iommu_pt_tier tier,
		       struct list_head *rules, struct rule_error *err)
{
	struct policy_rule *new;
	unsigned int order = 0;
	struct rule rule;
	int ret;

	while ((ret = rule_next(cur, &rule, err)) > 0) {
		new = make_rule(tier, order++, &rule, NULL);
		if (!new)
			return -ENOMEM;
		list_add_tail(&new->list, rules);
	}
	return ret < 0 ? -EINVAL : 0;
}

/* ---- rules in force; callers hold policy_lock ---- */

static void account(const struct policy_rule *rule, int sign)
{
	count += sign;
	if (rule->rule.modalias)
		WRITE_ONCE(asking_modalias, asking_modalias + sign);
}

/* Behind all other rules of its tier. */
static void enforce(struct policy_rule *rule)
{
	lockdep_assert_held(&policy_lock);
	rule->in_force = true;
	account(rule, 1);
	list_add_tail(&rule->list, &tiers[rule->tier].rules);
	if (rule->key)
		hash_add(by_name, &rule->by_name, hash(rule->key));
	else
		list_add_tail(&rule->scan, &tiers[rule->tier].scan);
}

static void retire(struct policy_rule *rule)
{
	lockdep_assert_held(&policy_lock);
	rule->in_force = false;
	account(rule, -1);
	list_del(&rule->list);
	hash_del(&rule->by_name);
	list_del_init(&rule->scan);
}

/* Swap @rules and what the tier has. */
static void swap_rules(enum iommu_pt_tier tier, struct list_head *rules)
{
	struct policy_rule *rule, *next;
	LIST_HEAD(old);

	list_for_each_entry_safe(rule, next, &tiers[tier].rules, list) {
		retire(rule);
		list_add_tail(&rule->list, &old);
	}
	list_for_each_entry_safe(rule, next, rules, list) {
		list_del(&rule->list);
		enforce(rule);
	}
	list_splice(&old, rules);
}

int policy_replace(enum iommu_pt_tier tier, const char *text, size_t len,
		   struct rule_error *err)
{
	struct rule_cursor *cur;
	LIST_HEAD(rules);
	int ret;

	cur = kmalloc(sizeof(*cur), GFP_KERNEL);
	if (!cur)
		return -ENOMEM;
	rule_start(cur, text, len, tier >= IOMMU_PT_TIER_HINT);
	ret = parse_rules(cur, tier, &rules, err);
	if (!ret) {
		mutex_lock(&policy_lock);
		swap_rules(tier, &rules);
		mutex_unlock(&policy_lock);
	}
	free_rules(&rules);
	kfree(cur);
	return ret;
}

/* Of the runtime tier, which has rules for one device each. */
static struct policy_rule *find_runtime(const char *quoted_bus,
					const char *name)
{
	struct policy_rule *rule;

	hash_for_each_possible(by_name, rule, by_name, hash(name))
		if (rule->tier == IOMMU_PT_TIER_RUNTIME &&
		    !strcmp(rule->key, name) &&
		    !strcmp(rule->rule.bus, quoted_bus))
			return rule;
	return NULL;
}

/* Replace what the runtime tier has for a device; @new may be NULL. */
static void swap_runtime(const char *quoted_bus, const char *name,
			 struct policy_rule *new)
{
	static unsigned int next_order;
	struct policy_rule *old;

	mutex_lock(&policy_lock);
	old = find_runtime(quoted_bus, name);
	if (old)
		retire(old);
	if (new) {
		new->order = next_order++;
		enforce(new);
	}
	mutex_unlock(&policy_lock);
	policy_rule_put(old);
}

static char *quote(const char *string)
{
	int size = rule_quote(string, NULL, 0) + 1;
	char *quoted = kmalloc(size, GFP_KERNEL);

	if (quoted)
		rule_quote(string, quoted, size);
	return quoted;
}

int policy_set_runtime(const char *bus, const char *name,
		       enum iommu_pt_policy policy, bool force)
{
	char *quoted_bus = quote(bus);
	char *quoted_name = quote(name);
	struct policy_rule *new = NULL;
	struct rule rule = {
		.policy = policy,
		.force = force,
		.bus = quoted_bus,
		.name = quoted_name,
	};
	int ret = -ENOMEM;

	if (!quoted_bus || !quoted_name)
		goto out;
	if (policy != IOMMU_PT_POLICY_AUTO) {
		new = make_rule(IOMMU_PT_TIER_RUNTIME, 0, &rule, name);
		if (!new)
			goto out;
	}
	swap_runtime(quoted_bus, name, new);
	ret = 0;
out:
	kfree(quoted_name);
	kfree(quoted_bus);
	return ret;
}

void policy_init(void)
{
	int tier;

	for (tier = 0; tier < __IOMMU_PT_TIER_END; tier++) {
		INIT_LIST_HEAD(&tiers[tier].rules);
		INIT_LIST_HEAD(&tiers[tier].scan);
	}
}

void policy_exit(void)
{
	int tier;

	for (tier = 0; tier < __IOMMU_PT_TIER_END; tier++)
		free_rules(&tiers[tier].rules);
}

/* ---- the decision ---- */

static bool precedes(const struct policy_rule *a, const struct policy_rule *b)
{
	if (!b)
		return true;
	return a->tier != b->tier ? a->tier < b->tier : a->order < b->order;
}

static struct policy_rule *decide_by_name(const struct rule_subject *subject)
{
	struct policy_rule *rule, *best = NULL;

	hash_for_each_possible(by_name, rule, by_name, hash(subject->name))
		if (!strcmp(rule->key, subject->name) &&
		    precedes(rule, best) && rule_matches(&rule->rule, subject))
			best = rule;
	return best;
}

/* The first rule without a key that matches and precedes @best, or @best. */
static struct policy_rule *decide_by_scan(const struct rule_subject *subject,
					  struct policy_rule *best)
{
	struct policy_rule *rule;
	int tier;

	for (tier = 0; tier < __IOMMU_PT_TIER_END; tier++)
		list_for_each_entry(rule, &tiers[tier].scan, scan) {
			if (!precedes(rule, best))
				return best;
			if (rule_matches(&rule->rule, subject))
				return rule;
		}
	return best;
}

struct policy_rule *policy_decide(const struct rule_subject *subject)
{
	struct policy_rule *rule;

	mutex_lock(&policy_lock);
	rule = decide_by_scan(subject, decide_by_name(subject));
	policy_rule_get(rule);
	mutex_unlock(&policy_lock);
	return rule;
}

bool policy_needs_modalias(void)
{
	return READ_ONCE(asking_modalias);
}

unsigned int policy_count(void)
{
	unsigned int n;

	mutex_lock(&policy_lock);
	n = count;
	mutex_unlock(&policy_lock);
	return n;
}

/* The first rule behind a place that may be no rule's any more. */
static struct policy_rule *first_behind(unsigned int tier, long order)
{
	struct policy_rule *rule;

	for (; tier < __IOMMU_PT_TIER_END; tier++, order = -1)
		list_for_each_entry(rule, &tiers[tier].rules, list)
			if (rule->order > order)
				return rule;
	return NULL;
}

static struct policy_rule *next_in_force(struct policy_rule *last)
{
	if (!last)
		return first_behind(0, -1);
	if (!last->in_force)
		return first_behind(last->tier, last->order);
	if (list_is_last(&last->list, &tiers[last->tier].rules))
		return first_behind(last->tier + 1, -1);
	return list_next_entry(last, list);
}

struct policy_rule *policy_next(struct policy_rule *last)
{
	struct policy_rule *rule;

	mutex_lock(&policy_lock);
	rule = policy_rule_get(next_in_force(last));
	mutex_unlock(&policy_lock);
	policy_rule_put(last);
	return rule;
}
