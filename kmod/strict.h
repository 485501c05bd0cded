/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which of two policies is the stricter, and what follows from that for hints
 * and for the seal. Pure C, shared by module and tool.
 */
#ifndef IOMMU_PT_STRICT_H
#define IOMMU_PT_STRICT_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#endif
#include "uapi/linux/iommu_pt.h"

/**
 * policy_strictness() - place of a policy in the order of strictness
 * @policy: the policy
 *
 * Return: a number; of two policies in one group, the higher one wins.
 */
int policy_strictness(enum iommu_pt_policy policy);

/**
 * policy_tightens() - is one policy surely stricter than another?
 * @policy: what is asked for
 * @than: what there would be without
 *
 * Whatever the kernel's default is: instead of AUTO, LAZY may loosen.
 */
bool policy_tightens(enum iommu_pt_policy policy, enum iommu_pt_policy than);

/**
 * hints_in_force() - how far hints are believed
 * @wanted: the parameter
 * @confidential: in a confidential guest, whose hypervisor is not trusted
 */
enum iommu_pt_hints hints_in_force(enum iommu_pt_hints wanted,
				   bool confidential);

/**
 * hints_vouch() - does the word "truthful" count?
 * @hints: how far hints are believed
 * @confidential: in a confidential guest
 */
bool hints_vouch(enum iommu_pt_hints hints, bool confidential);

/**
 * hint_counts() - has a hint a say?
 * @hint: the policy it asks for; AUTO is no opinion
 * @below: what decides without hints; AUTO if nothing does
 * @restricted: only if it tightens
 */
bool hint_counts(enum iommu_pt_policy hint, enum iommu_pt_policy below,
		 bool restricted);

#endif /* IOMMU_PT_STRICT_H */
