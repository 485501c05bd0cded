// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "audit.h"
#include "confined.h"
#include "names.h"
#include "proven.h"

bool audit_is_translated(const struct audit *audit, const struct master *m)
{
	const struct group *group = inventory_group(audit->inv, m->dev.group);

	return group && group->type && strcmp(group->type, "identity");
}

bool audit_is_proven(const struct master *m)
{
	return m->dev.proven &&
	       m->dev.proven->verdict == VERDICT_TRANSLATED;
}

bool audit_disobeys(const struct master *m)
{
	return m->dev.virtio == RULE_YES && !audit_is_proven(m) &&
	       m->access == IOMMU_PT_VIRTIO_ACCESS_ABSENT;
}

/* Whoever has the group of a userspace driver has it translated. */
bool audit_bypasses(const struct audit *audit, const struct master *m)
{
	return audit_disobeys(m) &&
	       (audit_is_translated(audit, m) || audit_is_users(m));
}

bool audit_is_left_out(const struct audit *audit, const struct master *m)
{
	return audit->inv->groups.count && m->dev.group < 0 &&
	       !strcmp(m->dev.bus, "pci") && m->covered != RULE_YES &&
	       !confined_waits_for_group(audit->inv, m);
}

bool audit_is_users(const struct master *m)
{
	return dev_is_users(&m->dev);
}

void audit_run(struct audit *audit)
{
	audit_proofs(audit);
	audit_machine(audit);
	audit_devices(audit);
	audit_policy(audit);
	audit_hints(audit);
	findings_sort(audit->found);
}
