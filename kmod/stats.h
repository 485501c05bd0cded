/* SPDX-License-Identifier: GPL-2.0 */
/* What the module did since it was loaded. */
#ifndef IOMMU_PT_STATS_H
#define IOMMU_PT_STATS_H

#include <linux/atomic.h>
#include <linux/types.h>

enum pt_stat {
	STAT_CHANGES,		/* domains changed */
	STAT_REFUSALS,		/* changes that the core refused */
	STAT_REBINDS,		/* rebinds done, of idle transports too */
	STAT_REBIND_FAILURES,	/* ... in which a driver did not attach at once */
	STAT_EVENTS_LOST,	/* events not sent */
	STAT_END,
};

extern atomic_t pt_stats[STAT_END];

static inline void stats_count(enum pt_stat stat)
{
	atomic_inc(&pt_stats[stat]);
}

/* All of them, a name and a number a line, into a page. */
ssize_t stats_emit(char *buf);

#endif /* IOMMU_PT_STATS_H */
