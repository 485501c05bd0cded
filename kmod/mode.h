/* SPDX-License-Identifier: GPL-2.0 */
#ifndef IOMMU_PT_MODE_H
#define IOMMU_PT_MODE_H

#include <linux/types.h>
#include "uapi/linux/iommu_pt.h"

/* Set once, before anything else begins. */
extern enum iommu_pt_mode pt_mode;
extern bool pt_rebinds_idle;	/* transports that nothing uses; rebind.h */
extern enum iommu_pt_hints pt_hints;	/* the mode in force */
extern bool pt_confidential;	/* a confidential guest */

#endif /* IOMMU_PT_MODE_H */
