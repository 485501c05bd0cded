/* SPDX-License-Identifier: GPL-2.0 */
/* Rules one by one, in the order in which they are tried. */
#ifndef PTCTL_RULELIST_H
#define PTCTL_RULELIST_H

#include "rule.h"

/**
 * struct rule_entry - a rule and where it comes from
 * @tier: who says it
 * @text: in canonical form
 * @file: where it is written, NULL where that is not known
 * @line: in that file, counted from 1
 */
struct rule_entry {
	unsigned int tier;
	char *text;
	char *file;
	unsigned int line;
};

struct rulelist {
	struct rule_entry *at;
	size_t count;
};

/**
 * rulelist_add() - append a rule
 * @list: where to
 * @tier: who says it
 * @text: the rule; copied
 * @file: where it is written, or NULL; copied
 * @line: in that file
 */
void rulelist_add(struct rulelist *list, unsigned int tier, const char *text,
		  const char *file, unsigned int line);
void rulelist_free(struct rulelist *list);

/**
 * rule_read() - parse the text of one rule
 * @cur: holds the strings of @rule
 * @rule: filled in
 * @text: canonical text, as in struct rule_entry
 *
 * Return: false if it is no rule (from a newer module)
 */
bool rule_read(struct rule_cursor *cur, struct rule *rule, const char *text);

/**
 * rulelist_decide() - the first rule that matches
 * @list: the rules; all tiers, highest first
 * @subject: the device
 * @rule: filled in with what is needed of it: policy and force; may be NULL
 *
 * Return: the entry, NULL if none matches
 */
const struct rule_entry *rulelist_decide(const struct rulelist *list,
					 const struct rule_subject *subject,
					 struct rule *rule);

/**
 * rulelist_locate() - find out from which lines of files a tier's rules came
 * @list: what the kernel has
 * @files: what the files have
 *
 * Both are in the same order, but either may have rules that the other lacks.
 */
void rulelist_locate(struct rulelist *list, const struct rulelist *files);

/**
 * rule_place() - where a rule stands, in words
 * @entry: the rule
 *
 * Return: "file:line", or "tier admin"; a new string
 */
char *rule_place(const struct rule_entry *entry);

#endif /* PTCTL_RULELIST_H */
