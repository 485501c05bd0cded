// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "tree.h"

/* A device and where it hangs; @iommu is "" without one. */
struct leaf {
	char *iommu;
	const struct dev *dev;
};

static int compare(const void *a, const void *b)
{
	const struct leaf *x = a, *y = b;
	int iommu = strverscmp(x->iommu, y->iommu);

	if (!*x->iommu != !*y->iommu)
		return *x->iommu ? -1 : 1;
	if (iommu)
		return iommu;
	if (x->dev->group != y->dev->group)
		return x->dev->group < y->dev->group ? -1 : 1;
	return x->dev < y->dev ? -1 : x->dev > y->dev;
}

static struct leaf *make_leaves(const struct devs *devs)
{
	struct leaf *leaves = xcalloc(devs->count + 1, sizeof(*leaves));
	size_t i;

	for (i = 0; i < devs->count; i++) {
		leaves[i].dev = &devs->at[i];
		leaves[i].iommu = device_iommu(&devs->at[i]);
		if (!leaves[i].iommu)
			leaves[i].iommu = xstrdup("");
	}
	qsort(leaves, devs->count, sizeof(*leaves), compare);
	return leaves;
}

/* Where a walk stands; no group is -1. */
struct walk {
	const struct tree_visitor *visitor;
	void *arg;
	const char *iommu;
	long group;
};

static void end_group(struct walk *walk)
{
	if (walk->group >= 0 && walk->visitor->group_end)
		walk->visitor->group_end(walk->arg);
	walk->group = -1;
}

static void end_iommu(struct walk *walk)
{
	end_group(walk);
	if (walk->iommu && walk->visitor->iommu_end)
		walk->visitor->iommu_end(walk->arg);
	walk->iommu = NULL;
}

static void visit(struct walk *walk, const struct leaf *leaf)
{
	if (!walk->iommu || strcmp(walk->iommu, leaf->iommu)) {
		end_iommu(walk);
		walk->iommu = leaf->iommu;
		walk->visitor->iommu(leaf->iommu, walk->arg);
	}
	if (walk->group != leaf->dev->group) {
		end_group(walk);
		walk->group = leaf->dev->group;
		walk->visitor->group(walk->group, walk->arg);
	}
	walk->visitor->device(leaf->dev, walk->arg);
}

void tree_walk(const struct devs *devs, const struct tree_visitor *visitor,
	       void *arg)
{
	struct walk walk = { .visitor = visitor, .arg = arg, .group = -1 };
	struct leaf *leaves = make_leaves(devs);
	size_t i;

	for (i = 0; i < devs->count; i++)
		visit(&walk, &leaves[i]);
	end_iommu(&walk);
	for (i = 0; i < devs->count; i++)
		free(leaves[i].iommu);
	free(leaves);
}

char *tree_iommu_label(const char *name)
{
	return *name ? xasprintf("%s (%s)", name, device_kind(name)) :
		       xstrdup("no IOMMU");
}

char *tree_group_label(long group)
{
	char *type = device_group_type(group);
	char *text = type ? xasprintf("group %ld (%s)", group, type) :
			    xasprintf("group %ld", group);

	free(type);
	return text;
}
