// SPDX-License-Identifier: GPL-2.0
#include "strict.h"

int policy_strictness(enum iommu_pt_policy policy)
{
	switch (policy) {
	case IOMMU_PT_POLICY_PASSTHROUGH:
		return 0;
	case IOMMU_PT_POLICY_AUTO:	/* did not ask for passthrough */
		return 1;
	case IOMMU_PT_POLICY_LAZY:
		return 2;
	case IOMMU_PT_POLICY_TRANSLATED:
		return 3;
	default:
		return 4;
	}
}

bool policy_tightens(enum iommu_pt_policy policy, enum iommu_pt_policy than)
{
	if (than == IOMMU_PT_POLICY_AUTO && policy == IOMMU_PT_POLICY_LAZY)
		return false;
	return policy_strictness(policy) > policy_strictness(than);
}

enum iommu_pt_hints hints_in_force(enum iommu_pt_hints wanted,
				   bool confidential)
{
	if (confidential && wanted == IOMMU_PT_HINTS_TRUST)
		return IOMMU_PT_HINTS_RESTRICT;
	return wanted;
}

bool hints_vouch(enum iommu_pt_hints hints, bool confidential)
{
	return hints != IOMMU_PT_HINTS_IGNORE && !confidential;
}

bool hint_counts(enum iommu_pt_policy hint, enum iommu_pt_policy below,
		 bool restricted)
{
	if (hint == IOMMU_PT_POLICY_AUTO)
		return false;
	return !restricted || policy_tightens(hint, below);
}
