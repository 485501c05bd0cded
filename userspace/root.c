// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "root.h"
#include "xalloc.h"

char *rooted(const char *path)
{
	const char *root = secure_getenv("IOMMU_PT_ROOT");

	return xasprintf("%s%s", root ? root : "", path);
}
