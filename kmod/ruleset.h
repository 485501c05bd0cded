/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rules of one moment, in layers, and the first of them that matches a
 * device: found by look-ups where they ask for one name or a modalias that
 * begins with no wildcard, one match after another where they do not. Knows
 * neither what follows from it nor any lock: the owner of a set locks.
 */
#ifndef IOMMU_PT_RULESET_H
#define IOMMU_PT_RULESET_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include "rule.h"
#include "table.h"

/* What rules are told apart by; what a longer one has more is only matched. */
#define BEGINNING_MAX	63

/* The tiers, highest first, with a layer for each channel of tier hint. */
enum policy_layer {
	LAYER_RUNTIME,
	LAYER_CMDLINE,
	LAYER_ADMIN,
	LAYER_SMBIOS,
	LAYER_PROPERTY,
	LAYER_FW_CFG,
	LAYER_VENDOR,
	LAYER_END,
};

/**
 * struct policy_rule - a rule in force, or one that was when it decided
 * @refs: the layer's reference, and one of each decision
 * @tier: who it comes from
 * @layer: the same, more exactly
 * @order: place among the rules of its layer
 * @rule: what it says; its strings lie in @text
 * @key: name of the only device it can match, NULL if there may be others
 * @beginning: so many bytes of the modalias it asks for stand for themselves,
 *	at its beginning; 0 with a @key
 * @in_force: in a set, not replaced yet; the set's lock
 * @list: in its layer, in order; the set's lock
 * @scan: among its layer's rules with neither @key nor @beginning, in order;
 *	the set's lock
 * @by_name: among all rules with a @key; the set's lock
 * @by_beginning: among all rules with a @beginning; the set's lock
 * @text: strings
 */
struct policy_rule {
	refcount_t refs;
	enum iommu_pt_tier tier;
	enum policy_layer layer;
	unsigned int order;
	struct rule rule;
	const char *key;
	u8 beginning;
	bool in_force;
	struct list_head list;
	union {
		struct list_head scan;
		struct table_node by_name;
		struct table_node by_beginning;
	};
	char text[];
};

/**
 * struct ruleset - all rules of one moment
 * @layers: those of each layer
 * @by_name: those with a key
 * @by_beginning: those with a beginning
 * @beginnings: how many have one of that length; of any length at 0
 * @count: how many
 * @asking_modalias: how many ask for one; may be read without the lock
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

void ruleset_init(struct ruleset *set);

/* Puts all rules. */
void ruleset_exit(struct ruleset *set);

/**
 * policy_rule_make() - make a rule, which is in no set yet
 * @layer: whose it is
 * @order: its place there
 * @rule: what it says; copied
 * @name: of the only device that it is for, not quoted, or NULL
 *
 * Return: the rule, with a reference that ruleset_add() takes, or NULL without
 * memory.
 */
struct policy_rule *policy_rule_make(enum policy_layer layer,
				     unsigned int order,
				     const struct rule *rule, const char *name);

/* NULL is no rule, for both. */
struct policy_rule *policy_rule_get(struct policy_rule *rule);
void policy_rule_put(struct policy_rule *rule);

/* Empty a list of rules that are in no set. */
void policy_rule_put_all(struct list_head *rules);

/* Behind all other rules of its layer. Takes the caller's reference over. */
void ruleset_add(struct ruleset *set, struct policy_rule *rule);

/* Hands the set's reference to the caller. */
void ruleset_remove(struct ruleset *set, struct policy_rule *rule);

/**
 * ruleset_find() - the first rule that matches a device
 * @set: among these
 * @subject: the device
 * @first: of this layer
 * @last: to this one
 *
 * Return: the rule, the set's, or NULL.
 */
struct policy_rule *ruleset_find(const struct ruleset *set,
				 const struct rule_subject *subject,
				 int first, int last);

/**
 * ruleset_find_own() - the rule that is for one device alone
 * @set: among these
 * @layer: one that has rules for one device each
 * @quoted_bus: the device's bus, as the rule has it
 * @name: its name
 *
 * Return: the rule, the set's, or NULL.
 */
struct policy_rule *ruleset_find_own(const struct ruleset *set,
				     enum policy_layer layer,
				     const char *quoted_bus, const char *name);

/**
 * ruleset_next() - walk over all rules, layer by layer, in order
 * @set: these
 * @last: the rule before, which may have been removed meanwhile; NULL to begin
 *
 * Return: the rule, the set's, NULL at the end.
 */
struct policy_rule *ruleset_next(const struct ruleset *set,
				 struct policy_rule *last);

#endif /* IOMMU_PT_RULESET_H */
