/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which devices firmware says are behind an IOMMU, where it says so of each:
 * ACPI's IORT and VIOT, and the device tree. What they are used for by the
 * kernel, a group, is there or not; this is what should be.
 */
#ifndef PTCTL_COVER_H
#define PTCTL_COVER_H

#include <stdbool.h>
#include <stddef.h>

#include "rule.h"
#include "sysroot.h"
#include "xalloc.h"

/**
 * struct cover_span - functions of a PCI segment, by their IDs
 * @segment: the segment, which Linux calls a domain
 * @first: bus << 8 | device << 3 | function
 * @last: the same, of the last
 * @mask: bits of an ID that count
 * @from: what says so
 */
struct cover_span {
	unsigned int segment;
	unsigned int first;
	unsigned int last;
	unsigned int mask;
	const char *from;
};

/**
 * struct cover - what firmware says
 * @spans: PCI functions that are behind an IOMMU
 * @told: functions of which firmware would say it; without an IOMMU if they
 *	are in none of @spans
 * @nodes: ACPI paths of other devices that are behind one
 * @has_tree: there is a device tree
 * @in_tree: it names an IOMMU of another device
 */
struct cover {
	struct { struct cover_span *at; size_t count; } spans;
	struct { struct cover_span *at; size_t count; } told;
	struct strings nodes;
	bool has_tree;
	bool in_tree;
};

/**
 * cover_read() - read what a machine's firmware says
 * @cover: filled in
 * @root: where to look; ACPI tables are only for root to read
 */
void cover_read(struct cover *cover, const struct sysroot *root);
void cover_free(struct cover *cover);

/* Which of IORT and device tree name an IOMMU at all; a new string each. */
void cover_sources(const struct cover *cover, struct strings *list);

/**
 * cover_pci() - is a PCI function behind an IOMMU, by what firmware says?
 * @cover: what it says
 * @name: the function's name, 0000:00:03.0
 * @from: what said so, or would have; unchanged for RULE_ANY
 *
 * Return: RULE_ANY if it says nothing of that part of the machine
 */
enum rule_tri cover_pci(const struct cover *cover, const char *name,
			const char **from);

/**
 * cover_other() - the same of a device on another bus
 * @cover: what firmware says
 * @root: where to look
 * @folder: the device's
 *
 * Return: what says that it is behind an IOMMU; NULL if nothing does
 */
const char *cover_other(const struct cover *cover, const struct sysroot *root,
			const char *folder);

#endif /* PTCTL_COVER_H */
