// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "inventory.h"
#include "names.h"
#include "offer.h"
#include "view.h"

#define GROUPS		"sys/kernel/iommu_groups"
#define MODULE		"sys/kernel/iommu_pt"

#define CLASS_BRIDGE	0x06	/* the upper 8 of 24 bits */
#define CLASS_IOMMU	0x0806	/* the upper 16 */
#define VIRTIO_IOMMU	0x1057

#define VTD_CACHING	7	/* bits of registers */
#define AMD_CACHING	26

static unsigned int read_hex(const struct sysroot *root, const char *folder,
			     const char *file)
{
	char *text = sysroot_line(root, folder, file);
	unsigned int value = text ? (unsigned int)strtoul(text, NULL, 16) : 0;

	free(text);
	return value;
}

static enum rule_tri read_flag(const struct sysroot *root, const char *folder,
			       const char *file)
{
	char *text = sysroot_line(root, folder, file);
	enum rule_tri value = RULE_ANY;

	if (text && *text)
		value = strchr("1Yy", *text) ? RULE_YES : RULE_NO;
	free(text);
	return value;
}

/* ---- devices ---- */

static bool is_external(const struct sysroot *root, const char *folder)
{
	char *removable = sysroot_line(root, folder, "removable");
	bool yes = removable && !strcmp(removable, "removable");

	free(removable);
	return yes;
}

static bool is_virtio_id(const struct master *m)
{
	return m->vendor == 0x1af4 && m->device >= 0x1000 &&
	       m->device <= 0x107f;
}

static bool is_virtio_platform(const struct dev *dev)
{
	return dev->modalias &&
	       (rule_glob("of:N*Cvirtio,mmio*", dev->modalias) ||
		rule_glob("acpi:LNRO0005:*", dev->modalias));
}

static void read_virtio(struct master *m, const struct sysroot *root)
{
	bool is = is_virtio_id(m) || is_virtio_platform(&m->dev);

	m->dev.virtio = is ? RULE_YES : RULE_NO;
	if (is)
		m->access = offer_read(root, m->folder,
				       m->vendor && m->device < 0x1040,
				       &m->access_from);
}

void inventory_set_access(struct master *master, unsigned int access,
			  const char *who)
{
	master->access = access;
	free(master->access_from);
	master->access_from =
		xasprintf("%s, so VIRTIO_F_ACCESS_PLATFORM is %s", who,
			  virtio_access_name(access));
}

typedef const char *(*name_fn)(unsigned int index);

/* The number of a word, -1 if it is none of the names. */
static int number_of(const char *word, name_fn name)
{
	unsigned int i;

	for (i = 0; word && name(i); i++)
		if (!strcmp(name(i), word))
			return (int)i;
	return -1;
}

static int read_word(const struct sysroot *root, const char *folder,
		     const char *file, name_fn name)
{
	char *word = sysroot_line(root, folder, file);
	int number = number_of(word, name);

	free(word);
	return number;
}

/* What the module says of it, if it does. */
static void read_module_view(struct master *m, const struct sysroot *root)
{
	char *folder = xasprintf("%s/iommu_pt", m->folder);
	int effective = read_word(root, folder, "effective", effective_name);
	int policy = read_word(root, folder, "policy", policy_name);

	if (effective >= 0)
		m->dev.effective = (unsigned int)effective;
	if (policy >= 0)
		m->dev.policy = (unsigned int)policy;
	m->dev.status = read_word(root, folder, "status", status_name);
	m->dev.tier = read_word(root, folder, "source", tier_name);
	if (effective == IOMMU_PT_EFFECTIVE_BYPASS)
		inventory_set_access(m, IOMMU_PT_VIRTIO_ACCESS_ABSENT,
				     "iommu_pt/effective: bypass");
	free(folder);
}

static void read_effective(struct master *m, const struct inventory *inv)
{
	const struct group *group = inventory_group(inv, m->dev.group);

	if (!group)
		m->dev.effective = IOMMU_PT_EFFECTIVE_NONE;
	else
		m->dev.effective = view_effective(group->type);
}

static void master_read(struct master *m, const struct inventory *inv,
			const struct sysroot *root, const char *bus,
			const char *name, long group)
{
	memset(m, 0, sizeof(*m));
	dev_init(&m->dev, bus, name);
	m->folder = xasprintf("sys/bus/%s/devices/%s", bus, name);
	m->dev.group = group;
	m->dev.driver = sysroot_link(root, m->folder, "driver");
	m->dev.external = is_external(root, m->folder) ? RULE_YES : RULE_NO;
	m->iommu = sysroot_link(root, m->folder, "iommu");
	if (!strcmp(bus, "pci")) {
		m->vendor = read_hex(root, m->folder, "vendor");
		m->device = read_hex(root, m->folder, "device");
		m->sub_vendor = read_hex(root, m->folder, "subsystem_vendor");
		m->sub_device = read_hex(root, m->folder, "subsystem_device");
		m->class = read_hex(root, m->folder, "class");
		m->covered = cover_pci(&inv->cover, name, &m->covered_from);
	} else {
		m->dev.modalias = sysroot_line(root, m->folder, "modalias");
		m->covered_from = cover_other(&inv->cover, root, m->folder);
		m->covered = m->covered_from ? RULE_YES : RULE_ANY;
	}
	read_virtio(m, root);
	read_effective(m, inv);
	read_module_view(m, root);
}

static void master_free(struct master *m)
{
	dev_free(&m->dev);
	free(m->folder);
	free(m->iommu);
	free(m->access_from);
}

/*
 * Bridges forward the DMA of others; an IOMMU is in front of itself never. But an
 * NVSwitch and a non-transparent bridge have the class of a bridge and do DMA of
 * their own: what userspace has is never left out.
 */
static bool is_no_master(const struct master *m)
{
	return !dev_is_users(&m->dev) &&
	       (m->class >> 16 == CLASS_BRIDGE ||
		m->class >> 8 == CLASS_IOMMU ||
		(m->vendor == 0x1af4 && m->device == VIRTIO_IOMMU));
}

static void add_master(struct inventory *inv, const struct sysroot *root,
		       const char *bus, const char *name, long group)
{
	struct master m;

	master_read(&m, inv, root, bus, name, group);
	if (is_no_master(&m)) {
		master_free(&m);
		return;
	}
	inv->masters.at = grow(inv->masters.at, inv->masters.count,
			       sizeof(m));
	inv->masters.at[inv->masters.count++] = m;
}

/* PCI devices are found on their bus, because those in no group count too. */
static void add_members(struct inventory *inv, const struct sysroot *root,
			long group)
{
	char *folder = xasprintf(GROUPS "/%ld/devices", group), *at, *bus;
	struct strings names = { 0 };
	size_t i;

	sysroot_list(root, folder, "*", &names);
	for (i = 0; i < names.count; i++) {
		at = xasprintf("%s/%s", folder, names.at[i]);
		bus = sysroot_link(root, at, "subsystem");
		if (bus && strcmp(bus, "pci"))
			add_master(inv, root, bus, names.at[i], group);
		free(bus);
		free(at);
	}
	strings_free(&names);
	free(folder);
}

/*
 * Devices on other buses that should be in a group, and are not. Which those
 * are, firmware alone says: on most machines every CPU is a platform device.
 */
static void add_ungrouped(struct inventory *inv, const struct sysroot *root,
			  const char *bus)
{
	char *folder = xasprintf("sys/bus/%s/devices", bus), *at;
	struct strings names = { 0 };
	size_t i;

	sysroot_list(root, folder, "*", &names);
	for (i = 0; i < names.count; i++) {
		at = xasprintf("%s/%s", folder, names.at[i]);
		if (cover_other(&inv->cover, root, at) &&
		    !sysroot_has(root, at, "iommu_group"))
			add_master(inv, root, bus, names.at[i], -1);
		free(at);
	}
	strings_free(&names);
	free(folder);
}

static int compare_masters(const void *a, const void *b)
{
	const struct dev *x = &((const struct master *)a)->dev;
	const struct dev *y = &((const struct master *)b)->dev;
	int bus = strcmp(x->bus, y->bus);

	return bus ? bus : strverscmp(x->name, y->name);
}

/* The number of its group, -1 if it is in none or in a pretended one. */
static long read_group(const struct inventory *inv, const struct sysroot *root,
		       const char *name)
{
	char *folder = xasprintf("sys/bus/pci/devices/%s", name);
	char *link = sysroot_link(root, folder, "iommu_group");
	long number = link ? strtol(link, NULL, 10) : -1;

	free(link);
	free(folder);
	return inventory_group(inv, number) ? number : -1;
}

static void read_masters(struct inventory *inv, const struct sysroot *root)
{
	struct strings names = { 0 };
	size_t i;

	for (i = 0; i < inv->groups.count; i++)
		add_members(inv, root, inv->groups.at[i].number);
	sysroot_list(root, "sys/bus/pci/devices", "*", &names);
	for (i = 0; i < names.count; i++)
		add_master(inv, root, "pci", names.at[i],
			   read_group(inv, root, names.at[i]));
	strings_free(&names);
	if (inv->cover.has_tree || inv->cover.nodes.count) {
		add_ungrouped(inv, root, "platform");
		add_ungrouped(inv, root, "amba");
	}
	if (inv->masters.count)
		qsort(inv->masters.at, inv->masters.count,
		      sizeof(*inv->masters.at), compare_masters);
}

/* ---- groups and IOMMUs ---- */

/* vfio gives a group to a device without an IOMMU, if it is told to. */
static bool is_pretended(const struct sysroot *root, const char *folder)
{
	char *name = sysroot_line(root, folder, "name");
	bool pretended = name && !strcmp(name, "vfio-noiommu");

	free(name);
	return pretended;
}

static void read_groups(struct inventory *inv, const struct sysroot *root)
{
	struct strings names = { 0 };
	size_t i;

	sysroot_list(root, GROUPS, "[0-9]*", &names);
	for (i = 0; i < names.count; i++) {
		char *folder = xasprintf(GROUPS "/%s", names.at[i]);
		struct group group = {
			.number = strtol(names.at[i], NULL, 10),
		};

		if (!is_pretended(root, folder)) {
			group.type = sysroot_line(root, folder, "type");
			inv->groups.at = grow(inv->groups.at,
					      inv->groups.count,
					      sizeof(group));
			inv->groups.at[inv->groups.count++] = group;
		}
		free(folder);
	}
	strings_free(&names);
}

static void read_caching(struct unit *unit, const struct sysroot *root,
			 const char *folder, const char *kind,
			 unsigned int bit)
{
	char *at = xasprintf("%s/%s", folder, kind);
	char *cap = sysroot_line(root, at, "cap");

	if (cap && *cap) {
		unit->caching = strtoull(cap, NULL, 16) >> bit & 1 ? RULE_YES :
								    RULE_NO;
		unit->register_text = xasprintf("%s/%s/cap: %s, bit %u",
						unit->name, kind, cap, bit);
	}
	free(cap);
	free(at);
}

static void read_units(struct inventory *inv, const struct sysroot *root)
{
	struct strings names = { 0 };
	size_t i;

	sysroot_list(root, "sys/class/iommu", "*", &names);
	for (i = 0; i < names.count; i++) {
		char *folder = xasprintf("sys/class/iommu/%s", names.at[i]);
		struct unit unit = {
			.name = xstrdup(names.at[i]),
			.vtd = sysroot_has(root, folder, "intel-iommu"),
			.amd = sysroot_has(root, folder, "amd-iommu"),
		};

		if (unit.vtd)
			read_caching(&unit, root, folder, "intel-iommu",
				     VTD_CACHING);
		else if (unit.amd)
			read_caching(&unit, root, folder, "amd-iommu",
				     AMD_CACHING);
		inv->units.at = grow(inv->units.at, inv->units.count,
				     sizeof(unit));
		inv->units.at[inv->units.count++] = unit;
		free(folder);
	}
	strings_free(&names);
}

/* ---- the machine ---- */

/* A table of these is there for no other reason; to read it needs root. */
static void read_tables(struct inventory *inv, const struct sysroot *root)
{
	static const char *const tables[] = { "DMAR", "IVRS", "VIOT" };
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (sysroot_has(root, "sys/firmware/acpi/tables", tables[i]))
			strings_add(&inv->tables,
				    xasprintf("ACPI's %s", tables[i]));
	cover_read(&inv->cover, root);
	cover_sources(&inv->cover, &inv->tables);
}

static void read_virtualized(struct inventory *inv, const struct sysroot *root)
{
	char *flags = sysroot_line_with(root, "proc/cpuinfo", "flags");

	if (flags)
		inv->virtualized = strstr(flags, " hypervisor") ? RULE_YES :
								  RULE_NO;
	free(flags);
}

/* Interrupt controllers by their names, those first that tell most. */
static const struct {
	const char *name;
	enum rule_tri remapped;
	const char *unless;	/* if this is in the line, it is */
} chips[] = {
	{ "IO-APIC", RULE_NO, "IR-IO-APIC" },
	{ "ITS-", RULE_YES, NULL },
	{ "GICv2m", RULE_NO, NULL },
	{ "PCI-MSI", RULE_NO, "IR-PCI-MSI" },
};

static void judge_line(struct inventory *inv, const char *line, size_t chip)
{
	const char *name = chips[chip].name;

	inv->remapped = chips[chip].remapped;
	if (chips[chip].unless && strstr(line, chips[chip].unless)) {
		inv->remapped = RULE_YES;
		name = chips[chip].unless;
	}
	inv->remapped_from = xasprintf("/proc/interrupts: %s", name);
}

static void read_interrupts(struct inventory *inv, const struct sysroot *root)
{
	size_t i;

	for (i = 0; !inv->remapped_from && i < sizeof(chips) / sizeof(chips[0]);
	     i++) {
		char *line = sysroot_line_with(root, "proc/interrupts",
					       chips[i].name);

		if (line)
			judge_line(inv, line, i);
		free(line);
	}
	inv->unsafe_interrupts =
		read_flag(root, "sys/module/vfio_iommu_type1/parameters",
			  "allow_unsafe_interrupts") == RULE_YES;
}

static void read_module(struct inventory *inv, const struct sysroot *root)
{
	inv->mode = sysroot_line(root, MODULE, "mode");
	inv->truthful = read_flag(root, MODULE, "truthful");
	inv->sealed = read_flag(root, MODULE, "sealed");
}

void inventory_read(struct inventory *inv, const struct sysroot *root)
{
	memset(inv, 0, sizeof(*inv));
	inv->cmdline = sysroot_line(root, "proc", "cmdline");
	read_module(inv, root);
	read_virtualized(inv, root);
	read_interrupts(inv, root);
	read_tables(inv, root);
	read_units(inv, root);
	read_groups(inv, root);
	read_masters(inv, root);
}

void inventory_free(struct inventory *inv)
{
	while (inv->masters.count)
		master_free(&inv->masters.at[--inv->masters.count]);
	free(inv->masters.at);
	while (inv->groups.count)
		free(inv->groups.at[--inv->groups.count].type);
	free(inv->groups.at);
	while (inv->units.count) {
		free(inv->units.at[--inv->units.count].name);
		free(inv->units.at[inv->units.count].register_text);
	}
	free(inv->units.at);
	strings_free(&inv->tables);
	cover_free(&inv->cover);
	free(inv->cmdline);
	free(inv->remapped_from);
	free(inv->mode);
	memset(inv, 0, sizeof(*inv));
}

const struct group *inventory_group(const struct inventory *inv, long number)
{
	size_t i;

	for (i = 0; i < inv->groups.count; i++)
		if (inv->groups.at[i].number == number)
			return &inv->groups.at[i];
	return NULL;
}

const struct unit *inventory_unit(const struct inventory *inv,
				  const struct master *master)
{
	size_t i;

	if (!master->iommu)
		return inv->units.count == 1 ? &inv->units.at[0] : NULL;
	for (i = 0; i < inv->units.count; i++)
		if (!strcmp(inv->units.at[i].name, master->iommu))
			return &inv->units.at[i];
	return NULL;
}
