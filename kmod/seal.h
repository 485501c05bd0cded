/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The seal: until reboot nothing becomes less strict. What it means for rules
 * is in policy.c and decision.c, for domains in verdict.c.
 */
#ifndef IOMMU_PT_SEAL_H
#define IOMMU_PT_SEAL_H

#include <linux/compiler.h>
#include <linux/types.h>

/**
 * seal() - seal, for good
 *
 * The module stays loaded from then on. Done already is done.
 *
 * Context: sleeps; waits for changes of domains that are under way.
 * Return: 0, -ENOMEM, -ENODEV if the module is about to be unloaded.
 */
int seal(void);

extern bool pt_sealed;	/* becomes true once; written under registry_lock */

static inline bool seal_is_on(void)
{
	return READ_ONCE(pt_sealed);
}

#endif /* IOMMU_PT_SEAL_H */
