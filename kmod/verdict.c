// SPDX-License-Identifier: GPL-2.0
#include <linux/string.h>
#include "compat.h"
#include "device.h"
#include "policy.h"
#include "seal.h"
#include "strict.h"
#include "verdict.h"

bool verdict_is_met(enum domain_type now, enum iommu_pt_policy policy)
{
	switch (policy) {
	case IOMMU_PT_POLICY_PASSTHROUGH:
		return now == DOMAIN_IDENTITY;
	case IOMMU_PT_POLICY_LAZY:
		return now == DOMAIN_DMA_FQ;
	case IOMMU_PT_POLICY_STRICT:
		return now == DOMAIN_DMA;
	case IOMMU_PT_POLICY_TRANSLATED:
		return now == DOMAIN_DMA || now == DOMAIN_DMA_FQ;
	default:
		return true;
	}
}

enum iommu_pt_policy verdict_policy_of(const struct pt_device *pt)
{
	return pt->rule ? pt->rule->rule.policy : IOMMU_PT_POLICY_AUTO;
}

bool verdict_is_fenced(const struct pt_device *pt)
{
	return pt->external && !(pt->rule && pt->rule->rule.force);
}

/* What a device asks for, as far as the safety rules let it. */
static enum iommu_pt_policy wish_of(const struct pt_device *pt)
{
	enum iommu_pt_policy policy = verdict_policy_of(pt);

	if (policy == IOMMU_PT_POLICY_PASSTHROUGH && verdict_is_fenced(pt))
		return IOMMU_PT_POLICY_AUTO;
	return policy;
}

/*
 * A driver that does no DMA of its own, so that the domain may change under
 * it. The core cannot know, and lets it change under any that is managed.
 */
static bool is_harmless(const struct pt_device *pt)
{
	return pt->managed && pt->driver &&
	       (!strcmp(pt->driver, "pcieport") ||
		!strcmp(pt->driver, "pci-stub"));
}

bool verdict_is_blocker(const struct pt_device *pt)
{
	lockdep_assert_held(&registry_lock);
	return pt->bound && !is_harmless(pt);
}

void verdict_view(const struct pt_group *group, struct pt_view *view)
{
	struct pt_device *pt;
	bool managed = false, unmanaged = false;

	lockdep_assert_held(&registry_lock);
	memset(view, 0, sizeof(*view));
	list_for_each_entry(pt, &group->members, member) {
		enum iommu_pt_policy wish = wish_of(pt);

		if (!view->decider ||
		    policy_strictness(wish) > policy_strictness(view->verdict)) {
			view->verdict = wish;
			view->decider = pt;
		}
		if (verdict_is_blocker(pt))
			view->blocker = pt;
		if (verdict_is_fenced(pt))
			view->fenced = pt;
		if (wish == IOMMU_PT_POLICY_AUTO)
			view->unasked = pt;
		managed |= pt->bound && pt->managed;
		unmanaged |= pt->bound && !pt->managed;
		if (pt->rule)
			view->any_rule = true;
		view->members++;
	}
	view->only_managed = managed && !unmanaged;
}

bool verdict_is_barred_change(const struct pt_group *group,
			      const struct pt_view *view, enum domain_type now)
{
	if (!verdict_is_free_change(now, view->verdict))
		return false;
	return view->fenced ||
	       (view->unasked && (!group->changed || view->blocker));
}

bool verdict_is_left_over(const struct pt_group *group, const struct pt_view *view,
			  enum domain_type now)
{
	return group->changed && view->verdict == IOMMU_PT_POLICY_AUTO &&
	       (now == DOMAIN_IDENTITY || !view->fenced);
}

bool verdict_is_other_kind(const struct pt_group *group,
			   const struct pt_view *view)
{
	return group->changed && view->verdict == IOMMU_PT_POLICY_TRANSLATED &&
	       (group->chosen == IOMMU_PT_POLICY_LAZY ||
		group->chosen == IOMMU_PT_POLICY_STRICT) &&
	       !view->fenced && !seal_is_on();
}

int verdict_rank(enum domain_type type)
{
	switch (type) {
	case DOMAIN_IDENTITY:
		return 0;
	case DOMAIN_DMA_FQ:
		return 1;
	case DOMAIN_DMA:
		return 2;
	default:
		return 3;
	}
}

/* The least strict domain that a policy may lead to. */
static enum domain_type loosest(enum iommu_pt_policy policy)
{
	switch (policy) {
	case IOMMU_PT_POLICY_LAZY:
	case IOMMU_PT_POLICY_TRANSLATED:
		return DOMAIN_DMA_FQ;
	case IOMMU_PT_POLICY_STRICT:
		return DOMAIN_DMA;
	default:	/* the kernel's choice may be this */
		return DOMAIN_IDENTITY;
	}
}

bool verdict_is_sealed_change(const struct pt_group *group,
			      const struct pt_view *view, enum domain_type now)
{
	return seal_is_on() && !READ_ONCE(group->fresh) &&
	       verdict_rank(loosest(view->verdict)) < verdict_rank(now);
}

bool verdict_is_beyond_core(const struct pt_view *view)
{
	return COMPAT_TYPE_LOCKS_DEVICE && view->members > 1;
}
