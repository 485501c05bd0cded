/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TESTS_DOMAIN_NAME_H
#define TESTS_DOMAIN_NAME_H

#include <linux/iommu.h>

/* What the device's domain is at this moment, in the words of a group's type. */
static inline const char *domain_name(struct device *dev)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);

	if (!domain)
		return "none";
	switch (domain->type) {
	case IOMMU_DOMAIN_IDENTITY:
		return "identity";
	case IOMMU_DOMAIN_DMA:
		return "DMA";
	case IOMMU_DOMAIN_DMA_FQ:
		return "DMA-FQ";
	case IOMMU_DOMAIN_UNMANAGED:
		return "unmanaged";
	case IOMMU_DOMAIN_BLOCKED:
		return "blocked";
	default:
		return "unknown";
	}
}

#endif
