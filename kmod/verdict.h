/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a group's domain is to be, made from its members' decisions, and what may
 * not be done to it. Looks and judges, and changes nothing.
 */
#ifndef IOMMU_PT_VERDICT_H
#define IOMMU_PT_VERDICT_H

#include <linux/types.h>
#include "domain.h"
#include "uapi/linux/iommu_pt.h"

struct pt_device;
struct pt_group;

/**
 * struct pt_view - a group seen at one moment
 * @verdict: what is to be done
 * @decider: the member whose wish that is
 * @blocker: one that has a driver that is in the way of a change, or NULL
 * @fenced: one that the safety rules hold for, or NULL
 * @unasked: one that asks for nothing, or NULL
 * @members: how many there are
 * @any_rule: a rule decides for one of them at least
 * @only_managed: no drivers but such as vfio-pci, and one of these at least
 *
 * The pointers are good as long as registry_lock is held.
 */
struct pt_view {
	enum iommu_pt_policy verdict;
	struct pt_device *decider;
	struct pt_device *blocker;
	struct pt_device *fenced;
	struct pt_device *unasked;
	unsigned int members;
	bool any_rule;
	bool only_managed;
};

/* All that take a device or make a view: under registry_lock. */
void verdict_view(const struct pt_group *group, struct pt_view *view);

/* What the rules say of a device; AUTO where none does. */
enum iommu_pt_policy verdict_policy_of(const struct pt_device *pt);

/* Do the safety rules hold for it? */
bool verdict_is_fenced(const struct pt_device *pt);

/* Is its driver in the way of a change? */
bool verdict_is_blocker(const struct pt_device *pt);

/* Is a domain what a policy asks for? */
bool verdict_is_met(enum domain_type now, enum iommu_pt_policy policy);

/* Of domains, how strict. What lets no DMA of ours pass is above all. */
int verdict_rank(enum domain_type type);

/* The one change that the core makes under a driver. */
static inline bool verdict_is_free_change(enum domain_type now,
					  enum iommu_pt_policy policy)
{
	return now == DOMAIN_DMA && policy == IOMMU_PT_POLICY_LAZY;
}

/*
 * The same, where somebody in the group is not to become less strict by it: one that
 * the safety rules hold for, or one that asks for nothing, and so has the kernel's
 * default. Whether a domain of our choice is stricter than that, only a change tells.
 */
bool verdict_is_barred_change(const struct pt_group *group,
			      const struct pt_view *view, enum domain_type now);

/**
 * verdict_is_left_over() - is a domain one that we chose, and nobody asks for
 *	any more?
 * @group: the group
 * @view: of it
 * @now: its domain
 *
 * The kernel's default may be less strict than it, which is not for a device
 * that the safety rules hold for.
 */
bool verdict_is_left_over(const struct pt_group *group, const struct pt_view *view,
			  enum domain_type now);

/*
 * Translated is what is asked for now, and the domain is of the kind that was asked
 * for before: the kernel's default may be the other. It is well as long as a driver is
 * in the way, for a device that the safety rules hold for, and once sealed.
 */
bool verdict_is_other_kind(const struct pt_group *group,
			   const struct pt_view *view);

/* Once sealed, a domain in use stays at least as strict as it is. */
bool verdict_is_sealed_change(const struct pt_group *group,
			      const struct pt_view *view, enum domain_type now);

/* Not to be tried: the core would say no, and complain in the log. */
bool verdict_is_beyond_core(const struct pt_view *view);

#endif /* IOMMU_PT_VERDICT_H */
