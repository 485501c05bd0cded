// SPDX-License-Identifier: GPL-2.0
#include <linux/sysfs.h>
#include "stats.h"

atomic_t pt_stats[STAT_END];

static const char *const names[] = {
	[STAT_CHANGES] = "changes",
	[STAT_REFUSALS] = "refusals",
	[STAT_REBINDS] = "rebinds",
	[STAT_REBIND_FAILURES] = "rebind_failures",
	[STAT_EVENTS_LOST] = "events_lost",
};

ssize_t stats_emit(char *buf)
{
	ssize_t len = 0;
	int stat;

	for (stat = 0; stat < STAT_END; stat++)
		len += sysfs_emit_at(buf, len, "%s %d\n", names[stat],
				     atomic_read(&pt_stats[stat]));
	return len;
}
