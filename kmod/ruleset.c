// SPDX-License-Identifier: GPL-2.0
#include <linux/minmax.h>
#include <linux/slab.h>
#include "ruleset.h"

static const enum iommu_pt_tier tier_of[] = {
	[LAYER_RUNTIME] = IOMMU_PT_TIER_RUNTIME,
	[LAYER_CMDLINE] = IOMMU_PT_TIER_CMDLINE,
	[LAYER_ADMIN] = IOMMU_PT_TIER_ADMIN,
	[LAYER_SMBIOS] = IOMMU_PT_TIER_HINT,
	[LAYER_PROPERTY] = IOMMU_PT_TIER_HINT,
	[LAYER_FW_CFG] = IOMMU_PT_TIER_HINT,
	[LAYER_VENDOR] = IOMMU_PT_TIER_VENDOR,
};

/* ---- one rule ---- */

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

struct policy_rule *policy_rule_make(enum policy_layer layer,
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

void policy_rule_put_all(struct list_head *rules)
{
	struct policy_rule *rule, *next;

	list_for_each_entry_safe(rule, next, rules, list)
		policy_rule_put(rule);
	INIT_LIST_HEAD(rules);
}

/* ---- a set ---- */

void ruleset_init(struct ruleset *set)
{
	int layer;

	for (layer = 0; layer < LAYER_END; layer++) {
		INIT_LIST_HEAD(&set->layers[layer].rules);
		INIT_LIST_HEAD(&set->layers[layer].scan);
	}
	table_init(&set->by_name);
	table_init(&set->by_beginning);
}

void ruleset_exit(struct ruleset *set)
{
	int layer;

	for (layer = 0; layer < LAYER_END; layer++)
		policy_rule_put_all(&set->layers[layer].rules);
	table_exit(&set->by_name);
	table_exit(&set->by_beginning);
}

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

void ruleset_add(struct ruleset *set, struct policy_rule *rule)
{
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

void ruleset_remove(struct ruleset *set, struct policy_rule *rule)
{
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

/* ---- the first that matches ---- */

struct policy_rule *ruleset_find_own(const struct ruleset *set,
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

static bool precedes(const struct policy_rule *a, const struct policy_rule *b)
{
	if (!b)
		return true;
	return a->layer != b->layer ? a->layer < b->layer : a->order < b->order;
}

/* Does @rule, of one of these layers, match before @best does? */
static bool is_better(const struct policy_rule *rule,
		      const struct policy_rule *best,
		      const struct rule_subject *subject, int first, int last)
{
	return rule->layer >= first && rule->layer <= last &&
	       precedes(rule, best) && rule_matches(&rule->rule, subject);
}

static struct policy_rule *find_by_name(const struct ruleset *set,
					const struct rule_subject *subject,
					int first, int last)
{
	struct policy_rule *rule, *best = NULL;
	u32 hash = table_hash_string(subject->name);

	table_for_each(rule, &set->by_name, by_name, hash)
		if (!strcmp(rule->key, subject->name) &&
		    is_better(rule, best, subject, first, last))
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
			    is_better(rule, best, subject, first, last))
				best = rule;
	}
	return best;
}

struct policy_rule *ruleset_find(const struct ruleset *set,
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

/* ---- all of them ---- */

struct policy_rule *ruleset_next(const struct ruleset *set,
				 struct policy_rule *last)
{
	unsigned int layer = last ? last->layer : 0;
	s64 order = last ? (s64)last->order : -1;
	struct policy_rule *rule;

	if (last && last->in_force &&
	    !list_is_last(&last->list, &set->layers[layer].rules))
		return list_next_entry(last, list);
	/* The first behind a place that may be no rule's any more. */
	for (; layer < LAYER_END; layer++, order = -1)
		list_for_each_entry(rule, &set->layers[layer].rules, list)
			if (rule->order > order)
				return rule;
	return NULL;
}
