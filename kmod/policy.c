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
 * else is taken under it, and it is held for no longer than one match of
 * every rule.
 */
static DEFINE_MUTEX(policy_lock);

/* What rules are told apart by; what a longer one has more is only matched. */
#define BEGINNING_MAX	63

/**
 * struct ruleset - all rules of one moment
 * @layers: those of each layer
 * @by_name: those with a key
 * @by_beginning: those with a beginning
 * @beginnings: how many have one of that length; of any length at 0
 * @count: how many
 * @asking_modalias: how many ask for one
 */
struct ruleset {
	struct {
		struct list_head rules;		/* all, by policy_rule.list */
		struct list_head scan;		/* those that have neither */
	} layers[LAYER_END];
	struct table by_name;
	struct table by_beginning;
	unsigned int beginnings[BEGINNING_MAX + 1];
	unsigned int count;
	unsigned int asking_modalias;
};

static struct ruleset current_rules;
static struct ruleset *sealed_rules;	/* NULL before the seal */
static unsigned int next_order;		/* of rules for one device each */

static const enum iommu_pt_tier tier_of[] = {
	[LAYER_RUNTIME] = IOMMU_PT_TIER_RUNTIME,
	[LAYER_CMDLINE] = IOMMU_PT_TIER_CMDLINE,
	[LAYER_ADMIN] = IOMMU_PT_TIER_ADMIN,
	[LAYER_SMBIOS] = IOMMU_PT_TIER_HINT,
	[LAYER_PROPERTY] = IOMMU_PT_TIER_HINT,
	[LAYER_FW_CFG] = IOMMU_PT_TIER_HINT,
	[LAYER_VENDOR] = IOMMU_PT_TIER_VENDOR,
};

static const enum policy_layer layer_of_channel[] = {
	[IOMMU_PT_CHANNEL_SMBIOS] = LAYER_SMBIOS,
	[IOMMU_PT_CHANNEL_PROPERTY] = LAYER_PROPERTY,
	[IOMMU_PT_CHANNEL_FW_CFG] = LAYER_FW_CFG,
};

/* The hash of a string that is one byte longer (FNV-1a); 0 to begin. */
static u32 hash_further(u32 hash, char c)
{
	return (hash ^ (u8)c) * 0x01000193;
}

static u32 hash_beginning(const char *string, unsigned int len)
{
	u32 hash = 0;

	while (len--)
		hash = hash_further(hash, *string++);
	return hash;
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
static struct policy_rule *make_rule(enum policy_layer layer,
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
	new->tier = tier_of[layer];
	new->layer = layer;
	new->order = order;
	new->rule = *rule;
	new->in_force = false;

	p = new->text;
	new->rule.bus = put_string(&p, rule->bus);
	new->rule.name = put_string(&p, rule->name);
	new->rule.modalias = put_string(&p, rule->modalias);
	new->key = put_string(&p, name);
	if (!new->key && rule->name && rule_glob_is_literal(rule->name))
		new->key = new->rule.name;
	new->beginning = 0;
	if (!new->key && rule->modalias)
		new->beginning = min_t(size_t, BEGINNING_MAX,
				       rule_glob_beginning(rule->modalias));
	return new;
}

static void free_rules(struct list_head *rules)
{
	struct policy_rule *rule, *next;

	list_for_each_entry_safe(rule, next, rules, list)
		policy_rule_put(rule);
	INIT_LIST_HEAD(rules);
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
		new = make_rule(layer, order++, &rule, NULL);
		if (!new)
			return -ENOMEM;
		list_add_tail(&new->list, rules);
	}
	return ret < 0 ? -EINVAL : 0;
}

/* ---- rules in force; callers hold policy_lock ---- */

static void account(struct ruleset *set, const struct policy_rule *rule,
		    int sign)
{
	set->count += sign;
	if (rule->beginning) {
		set->beginnings[0] += sign;
		set->beginnings[rule->beginning] += sign;
	}
	if (rule->rule.modalias)
		WRITE_ONCE(set->asking_modalias, set->asking_modalias + sign);
}

/* Behind all other rules of its layer. */
static void enforce(struct ruleset *set, struct policy_rule *rule)
{
	lockdep_assert_held(&policy_lock);
	rule->in_force = true;
	account(set, rule, 1);
	list_add_tail(&rule->list, &set->layers[rule->layer].rules);
	if (rule->key)
		table_add(&set->by_name, &rule->by_name,
			  table_hash_string(rule->key));
	else if (rule->beginning)
		table_add(&set->by_beginning, &rule->by_beginning,
			  hash_beginning(rule->rule.modalias, rule->beginning));
	else
		list_add_tail(&rule->scan, &set->layers[rule->layer].scan);
}

static void retire(struct ruleset *set, struct policy_rule *rule)
{
	lockdep_assert_held(&policy_lock);
	rule->in_force = false;
	account(set, rule, -1);
	list_del(&rule->list);
	if (rule->key)
		table_remove(&set->by_name, &rule->by_name);
	else if (rule->beginning)
		table_remove(&set->by_beginning, &rule->by_beginning);
	else
		list_del(&rule->scan);
}

static void init_ruleset(struct ruleset *set)
{
	int layer;

	for (layer = 0; layer < LAYER_END; layer++) {
		INIT_LIST_HEAD(&set->layers[layer].rules);
		INIT_LIST_HEAD(&set->layers[layer].scan);
	}
	table_init(&set->by_name);
	table_init(&set->by_beginning);
}

static void free_ruleset(struct ruleset *set)
{
	int layer;

	for (layer = 0; layer < LAYER_END; layer++)
		free_rules(&set->layers[layer].rules);
	table_exit(&set->by_name);
	table_exit(&set->by_beginning);
}

/* Of a layer that has rules for one device each. */
static struct policy_rule *find_own(const struct ruleset *set,
				    enum policy_layer layer,
				    const char *quoted_bus, const char *name)
{
	u32 hash = table_hash_string(name);
	struct policy_rule *rule;

	table_for_each(rule, &set->by_name, by_name, hash)
		if (rule->layer == layer && !strcmp(rule->key, name) &&
		    !strcmp(rule->rule.bus, quoted_bus))
			return rule;
	return NULL;
}

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
	free_rules(&change->rules);
	kfree(change->name);
	kfree(change->bus);
	kfree(change);
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
	if (tier_of[layer] == IOMMU_PT_TIER_HINT)
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
		new = make_rule(layer, 0, &rule, name);
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
		rule = find_own(set, change->layer, change->bus, change->name);
		if (rule) {
			retire(set, rule);
			list_add_tail(&rule->list, old);
		}
		return;
	}
	list_for_each_entry_safe(rule, next, &set->layers[change->layer].rules,
				 list) {
		retire(set, rule);
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
		enforce(&current_rules, rule);
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
	enforce(&current_rules, policy_rule_get(rule));
	mutex_unlock(&policy_lock);
	return rule;
}

void policy_remove_property(struct policy_rule *rule)
{
	struct policy_rule *kept = NULL;

	mutex_lock(&policy_lock);
	retire(&current_rules, rule);
	if (sealed_rules)
		kept = find_own(sealed_rules, LAYER_PROPERTY, rule->rule.bus,
				rule->key);
	if (kept)
		retire(sealed_rules, kept);
	mutex_unlock(&policy_lock);
	policy_rule_put(kept);
	policy_rule_put(rule);	/* the layer's */
	policy_rule_put(rule);	/* the caller's */
}

/* ---- the seal ---- */

static int copy_rules(struct ruleset *to, const struct ruleset *from)
{
	struct policy_rule *rule, *copy;
	int layer;

	for (layer = 0; layer < LAYER_END; layer++)
		list_for_each_entry(rule, &from->layers[layer].rules, list) {
			copy = make_rule(layer, rule->order, &rule->rule,
					 rule->key);
			if (!copy)
				return -ENOMEM;
			enforce(to, copy);
		}
	return 0;
}

int policy_seal(void)
{
	struct ruleset *copy = kzalloc(sizeof(*copy), GFP_KERNEL);
	int ret;

	if (!copy)
		return -ENOMEM;
	init_ruleset(copy);
	mutex_lock(&policy_lock);
	ret = copy_rules(copy, &current_rules);
	if (!ret)
		sealed_rules = copy;
	mutex_unlock(&policy_lock);
	if (ret) {
		free_ruleset(copy);
		kfree(copy);
	}
	return ret;
}

/* ---- the decision; callers hold policy_lock ---- */

static bool precedes(const struct policy_rule *a, const struct policy_rule *b)
{
	if (!b)
		return true;
	return a->layer != b->layer ? a->layer < b->layer : a->order < b->order;
}

static struct policy_rule *find_by_name(const struct ruleset *set,
					const struct rule_subject *subject,
					int first, int last)
{
	struct policy_rule *rule, *best = NULL;
	u32 hash = table_hash_string(subject->name);

	table_for_each(rule, &set->by_name, by_name, hash)
		if (rule->layer >= first && rule->layer <= last &&
		    !strcmp(rule->key, subject->name) &&
		    precedes(rule, best) && rule_matches(&rule->rule, subject))
			best = rule;
	return best;
}

static struct policy_rule *
find_by_beginning(const struct ruleset *set, const struct rule_subject *subject,
		  int first, int last)
{
	struct policy_rule *rule, *best = NULL;
	const char *modalias = subject->modalias;
	unsigned int len;
	u32 hash = 0;

	if (!set->beginnings[0] || !modalias)
		return NULL;
	for (len = 1; len <= BEGINNING_MAX && modalias[len - 1]; len++) {
		hash = hash_further(hash, modalias[len - 1]);
		if (!set->beginnings[len])
			continue;
		table_for_each(rule, &set->by_beginning, by_beginning, hash)
			if (rule->beginning == len &&
			    rule->layer >= first && rule->layer <= last &&
			    precedes(rule, best) &&
			    rule_matches(&rule->rule, subject))
				best = rule;
	}
	return best;
}

/* The first rule of the layers @first to @last that matches. */
static struct policy_rule *find(const struct ruleset *set,
				const struct rule_subject *subject,
				int first, int last)
{
	struct policy_rule *best = find_by_name(set, subject, first, last);
	struct policy_rule *rule = find_by_beginning(set, subject, first, last);
	int layer;

	if (rule && precedes(rule, best))
		best = rule;

	for (layer = first; layer <= last; layer++)
		list_for_each_entry(rule, &set->layers[layer].scan, scan) {
			if (!precedes(rule, best))
				return best;
			if (rule_matches(&rule->rule, subject))
				return rule;
		}
	return best;
}

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
		rule = find(set, subject, layer, layer);
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
	rule = find(set, subject, 0, LAYER_ADMIN);
	if (rule)
		return rule;
	rule = find(set, subject, LAYER_VENDOR, LAYER_VENDOR);
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

/* The first rule behind a place that may be no rule's any more. */
static struct policy_rule *first_behind(unsigned int layer, long order)
{
	struct policy_rule *rule;

	for (; layer < LAYER_END; layer++, order = -1)
		list_for_each_entry(rule, &current_rules.layers[layer].rules,
				    list)
			if (rule->order > order)
				return rule;
	return NULL;
}

static struct policy_rule *next_in_force(struct policy_rule *last)
{
	if (!last)
		return first_behind(0, -1);
	if (!last->in_force)
		return first_behind(last->layer, last->order);
	if (list_is_last(&last->list, &current_rules.layers[last->layer].rules))
		return first_behind(last->layer + 1, -1);
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

/* ---- life ---- */

void __init policy_init(void)
{
	init_ruleset(&current_rules);
}

void policy_exit(void)
{
	free_ruleset(&current_rules);
	if (sealed_rules)
		free_ruleset(sealed_rules);
	kfree(sealed_rules);
}
