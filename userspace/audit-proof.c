// SPDX-License-Identifier: GPL-2.0
/* Checks of what is believed against what a device's own DMA has shown. */
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "names.h"
#include "proven.h"

/* What says that an IOMMU is in front of it; NULL if the device denies it. */
static char *belief(const struct audit *audit, const struct master *m)
{
	const struct group *group = inventory_group(audit->inv, m->dev.group);

	if (audit->inv->truthful == RULE_YES)
		return xstrdup("/sys/kernel/iommu_pt/truthful is 1");
	if (m->access == IOMMU_PT_VIRTIO_ACCESS_ABSENT)
		return NULL;
	return xasprintf("by its tables it is behind %s, in group %ld of type %s",
			 m->iommu ? m->iommu : "an IOMMU", m->dev.group,
			 group && group->type ? group->type : "unknown");
}

static void check_proof(struct audit *audit, const struct master *m)
{
	const struct proven *proven = m->dev.proven;
	char *believed;

	if (!proven || proven->verdict != VERDICT_BYPASS)
		return;
	believed = belief(audit, m);
	if (believed)
		findings_add(audit->found, "proof-contradicts",
			     SEVERITY_CRITICAL, m->dev.label, m->dev.group,
			     xasprintf("proven bypass at %s, on Linux %s (%s); yet %s",
				       proven->time, proven->kernel,
				       proven->what, believed),
			     "its DMA reaches all memory whatever its domain is: give it to no userspace driver, count it as passthrough, and believe nothing else that the platform says of its IOMMU until whoever runs it has explained this");
	free(believed);
}

void audit_proofs(struct audit *audit)
{
	size_t i;

	for (i = 0; i < audit->inv->masters.count; i++)
		check_proof(audit, &audit->inv->masters.at[i]);
}
