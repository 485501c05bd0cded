// SPDX-License-Identifier: GPL-2.0
/* Checks of each device and each group. */
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "confined.h"
#include "names.h"

static void report(struct audit *audit, const char *id, enum severity severity,
		   const struct master *m, char *evidence, const char *remedy)
{
	findings_add(audit->found, id, severity, m->dev.label, m->dev.group,
		     evidence, remedy);
}

static const char *type_of(const struct audit *audit, const struct master *m)
{
	const struct group *group = inventory_group(audit->inv, m->dev.group);

	return group && group->type ? group->type : "unknown";
}

static void check_virtio(struct audit *audit, const struct master *m)
{
	if (audit_bypasses(audit, m))
		report(audit, "virtio-bypass", SEVERITY_HIGH, m,
		       xasprintf("%s%s; yet group %ld is of type %s",
				 m->access_from, m->dev.proven ?
				 ", and its DMA has proven it" : "",
				 m->dev.group, type_of(audit, m)),
		       "its DMA goes past the IOMMU: have the hypervisor offer VIRTIO_F_ACCESS_PLATFORM (QEMU: iommu_platform=on), or count it as passthrough");
}

static void check_left_out(struct audit *audit, const struct master *m)
{
	bool said = m->covered == RULE_NO;

	if (audit_is_left_out(audit, m))
		report(audit, "no-group", SEVERITY_HIGH, m,
		       xasprintf("no iommu_group link, while %zu groups exist%s%s%s",
				 audit->inv->groups.count, said ? "; " : "",
				 said ? m->covered_from : "",
				 said ? " leaves it out" : ""),
		       "no IOMMU is in front of it: the firmware's tables leave it out, or the hypervisor does (QEMU: bypass_iommu)");
}

/* Where there is no group at all, the machine has a finding of its own. */
static void check_uncovered(struct audit *audit, const struct master *m)
{
	if (audit->inv->groups.count && m->covered == RULE_YES &&
	    m->dev.group < 0 && !confined_waits_for_group(audit->inv, m))
		report(audit, "no-group-despite-table", SEVERITY_HIGH, m,
		       xasprintf("%s names an IOMMU in front of it, yet there is no iommu_group link, and %s%s",
				 m->covered_from, m->dev.driver ? "driver " : "no driver is bound",
				 m->dev.driver ? m->dev.driver : ""),
		       "its IOMMU's driver failed, or came after the device's; dmesg | grep -i mmu says more. Until that is mended it reaches all memory");
}

static void check_users(struct audit *audit, const struct master *m)
{
	struct confined confined = confined_read(audit->inv, m);

	if (audit_is_users(m) && confined.is == RULE_NO)
		report(audit, "vfio-unconfined", SEVERITY_CRITICAL, m,
		       xasprintf("driver %s is bound; %s", m->dev.driver,
				 confined.why),
		       "end the userspace driver unless you trust it with all memory");
	free(confined.why);
}

static void check_caching(struct audit *audit, const struct master *m)
{
	const struct unit *unit = inventory_unit(audit->inv, m);

	if (confined_is_unshadowed(audit->inv, m))
		report(audit, "no-caching-mode", SEVERITY_MEDIUM, m,
		       xasprintf("%s is %s; %04x:%04x, subsystem %04x:%04x, is nothing that a hypervisor is known to make up",
				 unit->register_text ? unit->register_text :
						       unit->name,
				 unit->register_text ? "0" : "not readable",
				 m->vendor, m->device, m->sub_vendor,
				 m->sub_device),
		       "if it is a real, assigned device, mappings may not reach the real IOMMU: turn caching mode on (QEMU: intel-iommu,caching-mode=on)");
}

/* An administrator may have forced it; the rule shows that. */
static void check_external(struct audit *audit, const struct master *m)
{
	bool identity = !strcmp(type_of(audit, m), "identity");

	if (m->dev.external != RULE_YES ||
	    (!identity && strcmp(type_of(audit, m), "DMA-FQ")))
		return;
	report(audit, "external-loose",
	       identity ? SEVERITY_HIGH : SEVERITY_MEDIUM, m,
	       xasprintf("removable: removable; group %ld is of type %s%s%s",
			 m->dev.group, type_of(audit, m),
			 m->dev.rule ? "; rule: " : "",
			 m->dev.rule ? m->dev.rule : ""),
	       "ptctl set DEVICE strict, unless it was meant: whoever plugs something in there reaches memory that is not its own");
}

typedef void (*check_fn)(struct audit *audit, const struct master *m);

static const check_fn checks[] = {
	check_users, check_virtio, check_left_out, check_uncovered,
	check_external, check_caching,
};

/* ---- groups ---- */

/* Who is in a group, and one of each kind to name. */
struct mix {
	const struct master *external;
	const struct master *internal;
	const struct master *users;
	const struct master *kernels;
};

static bool has_kernel_driver(const struct master *m)
{
	return m->dev.driver && !audit_is_users(m) &&
	       strcmp(m->dev.driver, "pci-stub");
}

static struct mix mix_of(const struct inventory *inv, long group)
{
	struct mix mix = { 0 };
	size_t i;

	for (i = 0; i < inv->masters.count; i++) {
		const struct master *m = &inv->masters.at[i];

		if (m->dev.group != group)
			continue;
		if (m->dev.external == RULE_YES)
			mix.external = m;
		else
			mix.internal = m;
		if (audit_is_users(m))
			mix.users = m;
		else if (has_kernel_driver(m))
			mix.kernels = m;
	}
	return mix;
}

static void check_shared(struct audit *audit, long group)
{
	struct mix mix = mix_of(audit->inv, group);

	if (mix.external && mix.internal)
		findings_add(audit->found, "group-shared", SEVERITY_MEDIUM,
			     NULL, group,
			     xasprintf("group %ld has %s, which is external, and %s, which is not",
				       group, mix.external->dev.label,
				       mix.internal->dev.label),
			     "nothing keeps them apart: put one into another slot, behind a port that has ACS");
	if (mix.users && mix.kernels)
		findings_add(audit->found, "group-shared", SEVERITY_HIGH, NULL,
			     group,
			     xasprintf("group %ld has %s, which driver %s gives to userspace, and %s with the kernel's driver %s",
				       group, mix.users->dev.label,
				       mix.users->dev.driver,
				       mix.kernels->dev.label,
				       mix.kernels->dev.driver),
			     "unbind the kernel's driver, or end the userspace driver");
}

void audit_devices(struct audit *audit)
{
	const struct inventory *inv = audit->inv;
	size_t i, j;

	for (i = 0; i < inv->masters.count; i++)
		for (j = 0; j < sizeof(checks) / sizeof(checks[0]); j++)
			checks[j](audit, &inv->masters.at[i]);
	for (i = 0; i < inv->groups.count; i++)
		check_shared(audit, inv->groups.at[i].number);
}
