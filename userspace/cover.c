// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "cover.h"

#define TABLES		"sys/firmware/acpi/tables"
#define TABLE_MAX	(256 * 1024)
#define HEADER		36		/* of every ACPI table */
#define PLATFORM	"sys/bus/platform/devices"
#define ALL_IDS		0xffff

static const char from_iort[] = "ACPI's IORT";
static const char from_viot[] = "ACPI's VIOT";
static const char from_dt[] = "the device tree";

/* ---- bytes; what is behind the end reads as 0 ---- */

struct bytes {
	unsigned char *at;
	size_t len;
};

static unsigned int get(const struct bytes *b, size_t where, size_t size)
{
	unsigned int value = 0;

	if (where > b->len || size > b->len - where)
		return 0;
	while (size--)
		value = value << 8 | b->at[where + size];
	return value;
}

static unsigned int get_big(const struct bytes *b, size_t where)
{
	return get(b, where, 1) << 24 | get(b, where + 1, 1) << 16 |
	       get(b, where + 2, 1) << 8 | get(b, where + 3, 1);
}

static void read_bytes(struct bytes *b, const struct sysroot *root,
		       const char *folder, const char *file, size_t most)
{
	b->at = xcalloc(1, most);
	b->len = sysroot_bytes(root, folder, file, b->at, most);
}

#define ADD_SPAN(list, ...) do {					\
	(list).at = grow((list).at, (list).count, sizeof(*(list).at));	\
	(list).at[(list).count++] = (struct cover_span){ __VA_ARGS__ };	\
} while (0)

/* ---- ACPI's IORT ---- */

enum { IORT_NAMED = 1, IORT_ROOT_COMPLEX = 2, IORT_SMMU = 3, IORT_SMMU3 = 4 };

/* A node, in the table: type, length, ... */
#define NODE_LENGTH	1
#define NODE_MAPPINGS	8
#define NODE_MAPPING_AT	12
#define NODE_SEGMENT	28
#define NODE_NAME	29
/* A mapping: input base, number of IDs but one, output base, node, flags */
#define MAPPING_SIZE	20
#define MAPPING_IDS	4
#define MAPPING_TO	12

static bool leads_to_smmu(const struct bytes *b, size_t mapping)
{
	unsigned int type = get(b, get(b, mapping + MAPPING_TO, 4), 1);

	return type == IORT_SMMU || type == IORT_SMMU3;
}

static void add_root_complex(struct cover *cover, const struct bytes *b,
			     size_t node, size_t mapping)
{
	unsigned int segment = get(b, node + NODE_SEGMENT, 4);
	unsigned int first = get(b, mapping, 4);

	if (leads_to_smmu(b, mapping))
		ADD_SPAN(cover->spans, segment, first,
			 first + get(b, mapping + MAPPING_IDS, 4), ALL_IDS,
			 from_iort);
}

static void add_named(struct cover *cover, const struct bytes *b, size_t node,
		      size_t end, size_t mapping)
{
	const char *name = (const char *)b->at + node + NODE_NAME;

	if (leads_to_smmu(b, mapping) && node + NODE_NAME < end)
		strings_add(&cover->nodes,
			    xstrndup(name, end - node - NODE_NAME));
}

static void read_iort_node(struct cover *cover, const struct bytes *b,
			   size_t node, size_t end)
{
	unsigned int type = get(b, node, 1);
	size_t mapping = node + get(b, node + NODE_MAPPING_AT, 4);
	unsigned int left = get(b, node + NODE_MAPPINGS, 4);

	if (type == IORT_ROOT_COMPLEX)
		ADD_SPAN(cover->told, get(b, node + NODE_SEGMENT, 4), 0, ALL_IDS,
			 ALL_IDS, from_iort);
	for (; left && mapping + MAPPING_SIZE <= end;
	     left--, mapping += MAPPING_SIZE)
		if (type == IORT_ROOT_COMPLEX)
			add_root_complex(cover, b, node, mapping);
		else if (type == IORT_NAMED)
			add_named(cover, b, node, end, mapping);
}

static void read_iort(struct cover *cover, const struct sysroot *root)
{
	unsigned int left;
	struct bytes b;
	size_t node, length;

	read_bytes(&b, root, TABLES, "IORT", TABLE_MAX);
	left = get(&b, HEADER, 4);
	node = get(&b, HEADER + 4, 4);
	for (; left && node < b.len; left--, node += length) {
		length = get(&b, node + NODE_LENGTH, 2);
		if (!length || length > b.len - node)
			break;
		read_iort_node(cover, &b, node, node + length);
	}
	free(b.at);
}

/* ---- ACPI's VIOT: what is not in it, no virtio-iommu is in front of ---- */

/* Its other endpoints are known by an address, which sysfs does not have. */
#define VIOT_PCI_RANGE	1

static void read_viot(struct cover *cover, const struct sysroot *root)
{
	unsigned int left, segment;
	struct bytes b;
	size_t node, length;

	read_bytes(&b, root, TABLES, "VIOT", TABLE_MAX);
	left = get(&b, HEADER, 2);
	node = get(&b, HEADER + 2, 2);
	for (; left && node < b.len; left--, node += length) {
		length = get(&b, node + 2, 2);
		if (!length || length > b.len - node)
			break;
		if (get(&b, node, 1) != VIOT_PCI_RANGE)
			continue;
		segment = get(&b, node + 8, 2);
		ADD_SPAN(cover->told, segment, 0, ALL_IDS, ALL_IDS, from_viot);
		ADD_SPAN(cover->spans, segment, get(&b, node + 12, 2),
			 get(&b, node + 14, 2), ALL_IDS, from_viot);
	}
	free(b.at);
}

/* ---- the device tree ---- */

/* iommu-map: first ID, IOMMU, its first ID, number of IDs */
#define MAP_ENTRY	16
#define MAP_MAX		(64 * 1024)

static void read_map(struct cover *cover, const struct sysroot *root,
		     const char *node, unsigned int segment)
{
	struct bytes b;
	unsigned int mask = ALL_IDS;
	size_t at;

	read_bytes(&b, root, node, "iommu-map-mask", sizeof(mask));
	if (b.len)
		mask = get_big(&b, 0);
	free(b.at);
	read_bytes(&b, root, node, "iommu-map", MAP_MAX);
	for (at = 0; at + MAP_ENTRY <= b.len; at += MAP_ENTRY) {
		unsigned int first = get_big(&b, at);
		unsigned int ids = get_big(&b, at + 12);

		if (ids)
			ADD_SPAN(cover->spans, segment, first,
				 first + ids - 1, mask, from_dt);
	}
	free(b.at);
}

/* A host bridge has its root bus below it: pci0000:00 */
static void read_host(struct cover *cover, const struct sysroot *root,
		      const char *device)
{
	char *folder = xasprintf(PLATFORM "/%s", device);
	char *node = xasprintf("%s/of_node", folder), *end;
	struct strings buses = { 0 };
	unsigned long segment, bus;
	size_t i;

	if (sysroot_has(root, node, "iommus"))
		cover->in_tree = true;
	if (sysroot_has(root, folder, "of_node"))
		sysroot_list(root, folder, "pci[0-9a-f]*:*", &buses);
	for (i = 0; i < buses.count; i++) {
		segment = strtoul(buses.at[i] + strlen("pci"), &end, 16);
		bus = *end == ':' ? strtoul(end + 1, NULL, 16) & 0xff : 0;
		ADD_SPAN(cover->told, (unsigned int)segment,
			 (unsigned int)bus << 8, ALL_IDS, ALL_IDS, from_dt);
		read_map(cover, root, node, (unsigned int)segment);
	}
	strings_free(&buses);
	free(node);
	free(folder);
}

static void read_dt(struct cover *cover, const struct sysroot *root)
{
	struct strings devices = { 0 };
	size_t i;

	cover->has_tree = sysroot_has(root, "sys/firmware/devicetree", "base");
	if (cover->has_tree)
		sysroot_list(root, PLATFORM, "*", &devices);
	for (i = 0; i < devices.count; i++)
		read_host(cover, root, devices.at[i]);
	strings_free(&devices);
}

/* ---- all of them ---- */

void cover_read(struct cover *cover, const struct sysroot *root)
{
	memset(cover, 0, sizeof(*cover));
	read_iort(cover, root);
	read_viot(cover, root);
	read_dt(cover, root);
}

void cover_free(struct cover *cover)
{
	free(cover->spans.at);
	free(cover->told.at);
	strings_free(&cover->nodes);
	memset(cover, 0, sizeof(*cover));
}

static bool names_one(const struct cover *cover, const char *from)
{
	size_t i;

	if ((from == from_iort && cover->nodes.count) ||
	    (from == from_dt && cover->in_tree))
		return true;
	for (i = 0; i < cover->spans.count; i++)
		if (cover->spans.at[i].from == from)
			return true;
	return false;
}

void cover_sources(const struct cover *cover, struct strings *list)
{
	static const char *const all[] = { from_iort, from_dt };
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (names_one(cover, all[i]))
			strings_add(list, xstrdup(all[i]));
}

static const struct cover_span *find_span(const struct cover_span *spans,
					  size_t count, unsigned int segment,
					  unsigned int id)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (spans[i].segment == segment &&
		    (id & spans[i].mask) >= spans[i].first &&
		    (id & spans[i].mask) <= spans[i].last)
			return &spans[i];
	return NULL;
}

enum rule_tri cover_pci(const struct cover *cover, const char *name,
			const char **from)
{
	unsigned int segment, bus, device, function, id;
	const struct cover_span *span;
	char after;

	if (sscanf(name, "%x:%x:%x.%u%c", &segment, &bus, &device, &function,
		   &after) != 4)
		return RULE_ANY;
	id = (bus & 0xff) << 8 | (device & 0x1f) << 3 | (function & 7);
	span = find_span(cover->spans.at, cover->spans.count, segment, id);
	if (span) {
		*from = span->from;
		return RULE_YES;
	}
	span = find_span(cover->told.at, cover->told.count, segment, id);
	if (!span)
		return RULE_ANY;
	*from = span->from;
	return RULE_NO;
}

const char *cover_other(const struct cover *cover, const struct sysroot *root,
			const char *folder)
{
	char *node = xasprintf("%s/of_node", folder), *path;
	const char *from = NULL;
	size_t i;

	if (sysroot_has(root, node, "iommus"))
		from = from_dt;
	free(node);
	if (from || !cover->nodes.count)
		return from;
	node = xasprintf("%s/firmware_node", folder);
	path = sysroot_line(root, node, "path");
	for (i = 0; path && i < cover->nodes.count; i++)
		if (!strcmp(cover->nodes.at[i], path))
			from = from_iort;
	free(path);
	free(node);
	return from;
}
