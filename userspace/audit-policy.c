// SPDX-License-Identifier: GPL-2.0
/* Checks of what was promised, by the platform and by rules. */
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "names.h"

/* What the tables cover is vouched for, whatever its domain is now. */
static const char *contradiction(const struct audit *audit,
				 const struct master *m)
{
	if (audit_disobeys(m) &&
	    (m->dev.group >= 0 || m->covered == RULE_YES))
		return "goes past the IOMMU";
	if (audit_is_left_out(audit, m))
		return "is in no IOMMU group";
	return NULL;
}

static void check_truthful(struct audit *audit)
{
	const struct inventory *inv = audit->inv;
	size_t i;

	for (i = 0; inv->truthful == RULE_YES && i < inv->masters.count; i++) {
		const struct master *m = &inv->masters.at[i];
		const char *what = contradiction(audit, m);

		if (what)
			findings_add(audit->found, "truthful-contradicted",
				     SEVERITY_HIGH, m->dev.label, m->dev.group,
				     xasprintf("/sys/kernel/iommu_pt/truthful is 1, yet %s %s",
					       m->dev.label, what),
				     "do not rely on what the platform vouches for: load the module with hints=restrict");
	}
}

/* How strict, for comparing; 0: nobody can tell. */
static int strictness(unsigned int effective)
{
	switch (effective) {
	case IOMMU_PT_EFFECTIVE_PASSTHROUGH:
	case IOMMU_PT_EFFECTIVE_BYPASS:
	case IOMMU_PT_EFFECTIVE_NONE:
		return 1;
	case IOMMU_PT_EFFECTIVE_LAZY:
		return 2;
	case IOMMU_PT_EFFECTIVE_STRICT:
		return 3;
	default:
		return 0;
	}
}

static int least_strictness(unsigned int policy)
{
	switch (policy) {
	case IOMMU_PT_POLICY_STRICT:
		return 3;
	case IOMMU_PT_POLICY_LAZY:
	case IOMMU_PT_POLICY_TRANSLATED:
		return 2;
	default:
		return 0;
	}
}

/* Of a device that goes past the IOMMU another finding tells. */
static bool is_weaker(const struct master *m)
{
	int is = strictness(m->dev.effective);

	return m->dev.status >= 0 && is &&
	       is < least_strictness(m->dev.policy) &&
	       m->dev.effective != IOMMU_PT_EFFECTIVE_BYPASS;
}

static void check_unmet(struct audit *audit)
{
	bool sealed = audit->inv->sealed == RULE_YES;
	size_t i;

	for (i = 0; i < audit->inv->masters.count; i++) {
		const struct master *m = &audit->inv->masters.at[i];

		if (is_weaker(m))
			findings_add(audit->found, "policy-unmet",
				     sealed ? SEVERITY_HIGH : SEVERITY_MEDIUM,
				     m->dev.label, m->dev.group,
				     xasprintf("iommu_pt/policy: %s; iommu_pt/effective: %s; iommu_pt/status: %s%s",
					       dev_policy_word(&m->dev),
					       dev_effective_word(&m->dev),
					       dev_status_word(&m->dev),
					       sealed ? "; /sys/kernel/iommu_pt/sealed: 1" :
							""),
				     "ptctl show DEVICE says why it is not in force");
	}
}

static bool any_observed(const struct inventory *inv)
{
	size_t i;

	for (i = 0; i < inv->masters.count; i++)
		if (inv->masters.at[i].dev.status == IOMMU_PT_STATUS_OBSERVED)
			return true;
	return false;
}

/* Only if something depends on the module. */
static void check_mode(struct audit *audit)
{
	const char *mode = audit->inv->mode;
	bool observes = mode && !strcmp(mode, "observe");

	if (observes && any_observed(audit->inv))
		findings_add(audit->found, "not-enforced", SEVERITY_INFO, NULL,
			     -1,
			     xstrdup("/sys/kernel/iommu_pt/mode: observe; there are decisions"),
			     "load the module with mode=enforce");
	else if (audit->idle_rules && (!mode || !strcmp(mode, "off")))
		findings_add(audit->found, "not-enforced", SEVERITY_INFO, NULL,
			     -1,
			     xasprintf("the module is %s; there are %zu rules in files",
				       mode ? "off (/sys/kernel/iommu_pt/mode)" :
					      "not loaded (no /sys/kernel/iommu_pt)",
				       audit->idle_rules),
			     "modprobe iommu-pt-policy, without mode=off");
}

void audit_policy(struct audit *audit)
{
	check_truthful(audit);
	check_unmet(audit);
	check_mode(audit);
}
