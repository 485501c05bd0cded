// SPDX-License-Identifier: GPL-2.0
/*
 * strict.c against the meaning of the words: a policy is a set of domains that
 * it may lead to, one of each kernel's default. It tightens another if it is
 * never below it, whatever that default is. A confidential guest, which no test
 * machine is, is here.
 */
#include "names.h"
#include "strict.h"
#include "tap.h"

enum { IDENTITY, DMA_FQ, DMA, DOMAINS };

/* What a policy leads to on a machine whose default is @kernel. */
static int domain_of(enum iommu_pt_policy policy, int kernel)
{
	switch (policy) {
	case IOMMU_PT_POLICY_AUTO:
		return kernel;
	case IOMMU_PT_POLICY_PASSTHROUGH:
		return IDENTITY;
	case IOMMU_PT_POLICY_LAZY:
		return DMA_FQ;
	case IOMMU_PT_POLICY_TRANSLATED:
		return kernel == IDENTITY ? DMA : kernel;
	default:
		return DMA;
	}
}

static bool never_below(enum iommu_pt_policy policy, enum iommu_pt_policy than)
{
	int kernel;

	for (kernel = IDENTITY; kernel < DOMAINS; kernel++)
		if (domain_of(policy, kernel) < domain_of(than, kernel))
			return false;
	return true;
}

#define FOR_EACH_POLICY(p)	for (p = 0; p < __IOMMU_PT_POLICY_END; p++)

static void test_tightens(void)
{
	unsigned int a, b;

	FOR_EACH_POLICY(a)
		FOR_EACH_POLICY(b)
			ok(policy_tightens(a, b) == (a != b && never_below(a, b)),
			   "%s %s %s", policy_name(a),
			   policy_tightens(a, b) ? "tightens" : "does not tighten",
			   policy_name(b));
}

static void test_order(void)
{
	static const enum iommu_pt_policy order[] = {
		IOMMU_PT_POLICY_PASSTHROUGH, IOMMU_PT_POLICY_AUTO,
		IOMMU_PT_POLICY_LAZY, IOMMU_PT_POLICY_TRANSLATED,
		IOMMU_PT_POLICY_STRICT,
	};
	int i;

	for (i = 1; i < __IOMMU_PT_POLICY_END; i++)
		ok(policy_strictness(order[i - 1]) < policy_strictness(order[i]),
		   "%s is above %s", policy_name(order[i]),
		   policy_name(order[i - 1]));
}

static void test_counts(void)
{
	unsigned int hint, below;

	FOR_EACH_POLICY(hint)
		FOR_EACH_POLICY(below) {
			bool opinion = hint != IOMMU_PT_POLICY_AUTO;

			ok(hint_counts(hint, below, false) == opinion,
			   "trust: %s over %s %s", policy_name(hint),
			   policy_name(below), opinion ? "counts" : "is no word");
			ok(hint_counts(hint, below, true) ==
			   (opinion && hint != below && never_below(hint, below)),
			   "restrict: %s over %s", policy_name(hint),
			   policy_name(below));
		}
}

static void test_modes(void)
{
	ok(hints_in_force(IOMMU_PT_HINTS_TRUST, false) == IOMMU_PT_HINTS_TRUST,
	   "trust is trust");
	ok(hints_in_force(IOMMU_PT_HINTS_RESTRICT, false) == IOMMU_PT_HINTS_RESTRICT,
	   "restrict is restrict");
	ok(hints_in_force(IOMMU_PT_HINTS_IGNORE, false) == IOMMU_PT_HINTS_IGNORE,
	   "ignore is ignore");
	ok(hints_in_force(IOMMU_PT_HINTS_TRUST, true) == IOMMU_PT_HINTS_RESTRICT,
	   "confidential: trust is restrict");
	ok(hints_in_force(IOMMU_PT_HINTS_RESTRICT, true) == IOMMU_PT_HINTS_RESTRICT,
	   "confidential: restrict is restrict");
	ok(hints_in_force(IOMMU_PT_HINTS_IGNORE, true) == IOMMU_PT_HINTS_IGNORE,
	   "confidential: ignore is ignore");
	ok(hints_vouch(IOMMU_PT_HINTS_TRUST, false) &&
	   hints_vouch(IOMMU_PT_HINTS_RESTRICT, false), "truthful counts");
	ok(!hints_vouch(IOMMU_PT_HINTS_IGNORE, false), "ignore: truthful does not");
	ok(!hints_vouch(IOMMU_PT_HINTS_TRUST, true) &&
	   !hints_vouch(IOMMU_PT_HINTS_RESTRICT, true),
	   "confidential: truthful does not");
}

int main(int argc, char **argv)
{
	tap_start(argc, argv);
	test_order();
	test_tightens();
	test_counts();
	test_modes();
	return tap_end();
}
