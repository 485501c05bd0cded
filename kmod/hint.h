/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a hypervisor or a firmware says: the rule language without force, and
 * one word more. Pure C, shared by module and tool; nothing here allocates,
 * locks or sleeps.
 *
 * Hint text is rules and the statement "truthful", in any order. An SMBIOS
 * string (type 11) is HINT_PREFIX and hint text; all such strings together,
 * in the order of the table, are one text. The file opt/org.iommu-pt/rules of
 * QEMU's fw_cfg is hint text. The property HINT_PROPERTY of a device is a
 * policy's name, nothing else.
 *
 * The prefix is the version as well: a string that begins with "iommu-pt/2:"
 * is not for this reader, and no error.
 */
#ifndef IOMMU_PT_HINT_H
#define IOMMU_PT_HINT_H

#include "rule.h"

#define HINT_PREFIX		"iommu-pt:"
#define HINT_PREFIX_LEN		(sizeof(HINT_PREFIX) - 1)
#define HINT_PROPERTY		"linux,iommu-pt-policy"

/* Most bytes of all SMBIOS strings together, and of a property. */
#define HINT_SMBIOS_MAX		(64 * 1024)
#define HINT_PROPERTY_MAX	64

/**
 * hint_start() - begin to read a hint text
 * @cur: the cursor; big, so not on a kernel stack
 * @text: the text; need not end in NUL, may be empty
 * @len: its length in bytes
 *
 * Then rule_next() gives its rules, and RULE_TRUTHFUL for that word.
 */
void hint_start(struct rule_cursor *cur, const char *text, size_t len);

/**
 * struct hint_summary - what a hint text has in it
 * @rules: how many rules
 * @truthful: the word is there
 */
struct hint_summary {
	unsigned int rules;
	bool truthful;
};

/**
 * hint_check() - read a hint text to its end
 * @cur: a cursor to do it with
 * @text: the text
 * @len: its length in bytes
 * @summary: filled in on success
 * @err: filled in on error: the first one
 *
 * Return: 0, or -1 on a syntax error.
 */
int hint_check(struct rule_cursor *cur, const char *text, size_t len,
	       struct hint_summary *summary, struct rule_error *err);

/**
 * hint_is_ours() - is an SMBIOS string for us?
 * @string: the string; need not end in NUL
 * @len: its length in bytes
 *
 * Return: true if the text behind HINT_PREFIX_LEN bytes is hint text.
 */
bool hint_is_ours(const char *string, size_t len);

#endif /* IOMMU_PT_HINT_H */
