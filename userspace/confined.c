// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "confined.h"
#include "device.h"
#include "emulated.h"
#include "names.h"
#include "proven.h"

bool confined_is_unshadowed(const struct inventory *inv,
			    const struct master *master)
{
	const struct unit *unit = inventory_unit(inv, master);

	return unit && (unit->vtd || unit->amd) &&
	       unit->caching != RULE_YES && inv->virtualized != RULE_NO &&
	       master->dev.group >= 0 &&
	       !is_emulated(master->vendor, master->device,
			    master->sub_vendor, master->sub_device);
}

bool confined_waits_for_group(const struct inventory *inv,
			      const struct master *master)
{
	size_t i;

	for (i = 0; i < inv->units.count; i++)
		if (inv->units.at[i].vtd || inv->units.at[i].amd)
			return false;
	return inv->units.count && master->dev.group < 0 &&
	       master->covered != RULE_NO && !master->dev.driver;
}

static struct confined answer(enum rule_tri is, const char *why)
{
	return (struct confined){ is, xstrdup(why) };
}

/* Of one device alone. */
static struct confined of_device(const struct inventory *inv,
				 const struct master *m)
{
	enum verdict proof = m->dev.proven ? m->dev.proven->verdict :
					     VERDICT_NONE;
	bool virtio = m->dev.virtio == RULE_YES;

	if (confined_waits_for_group(inv, m))
		return answer(RULE_ANY, "no group before a driver binds");
	if (m->dev.group < 0 && m->covered == RULE_YES)
		return answer(RULE_NO, "no group, though firmware names an IOMMU for it");
	if (m->dev.group < 0)
		return answer(RULE_NO, inv->groups.count ?
			      "no IOMMU in front of it (no group)" :
			      "no IOMMU is in use");
	if (proof == VERDICT_BYPASS)
		return answer(RULE_NO, "proven: it goes past the IOMMU");
	if (proof == VERDICT_TRANSLATED)
		return answer(RULE_YES, "");
	if (!device_is_served(m->dev.bus))
		return answer(RULE_ANY, "its bus is none that the IOMMU core serves");
	if (virtio && m->access == IOMMU_PT_VIRTIO_ACCESS_ABSENT)
		return answer(RULE_NO, "virtio that goes past the IOMMU");
	if (virtio && m->access != IOMMU_PT_VIRTIO_ACCESS_OFFERED)
		return answer(RULE_ANY, "virtio, offered features not known");
	if (confined_is_unshadowed(inv, m))
		return answer(RULE_ANY, "perhaps assigned, no caching mode");
	return answer(RULE_YES, "");
}

static bool is_worse(enum rule_tri a, enum rule_tri b)
{
	return a != b && (a == RULE_NO || b == RULE_YES);
}

/* The worst of the group, so that its worst member speaks for all. */
static struct confined of_group(const struct inventory *inv,
				const struct master *master)
{
	struct confined worst = of_device(inv, master), one;
	size_t i;

	for (i = 0; master->dev.group >= 0 && i < inv->masters.count; i++) {
		const struct master *m = &inv->masters.at[i];

		if (m == master || m->dev.group != master->dev.group)
			continue;
		one = of_device(inv, m);
		if (is_worse(one.is, worst.is)) {
			free(worst.why);
			worst.is = one.is;
			worst.why = xasprintf("sibling %s: %s", m->dev.label,
					      one.why);
		}
		free(one.why);
	}
	return worst;
}

static struct confined of_interrupts(const struct inventory *inv)
{
	switch (inv->remapped) {
	case RULE_YES:
		return answer(RULE_YES, "translated, interrupts are remapped");
	case RULE_NO:
		return answer(RULE_NO, "its interrupts are not remapped");
	default:
		return answer(RULE_ANY, "interrupt remapping is not known");
	}
}

struct confined confined_read(const struct inventory *inv,
			      const struct master *master)
{
	struct confined dma = of_group(inv, master);

	if (dma.is == RULE_NO)
		return dma;
	if (dma.is == RULE_ANY && inv->remapped != RULE_NO)
		return dma;
	free(dma.why);
	return of_interrupts(inv);
}
