// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "dev.h"
#include "names.h"
#include "proven.h"
#include "xalloc.h"

void dev_init(struct dev *dev, const char *bus, const char *name)
{
	memset(dev, 0, sizeof(*dev));
	dev->bus = xstrdup(bus);
	dev->name = xstrdup(name);
	dev->label = !strcmp(bus, "pci") ? xstrdup(name) :
					   xasprintf("%s/%s", bus, name);
	dev->group = -1;
	dev->tier = -1;
	dev->status = -1;
	dev->virtio_access = -1;
}

void dev_free(struct dev *dev)
{
	free(dev->bus);
	free(dev->name);
	free(dev->label);
	free(dev->syspath);
	free(dev->driver);
	free(dev->modalias);
	free(dev->rule);
	free(dev->reason);
	proven_free(dev->proven);
	memset(dev, 0, sizeof(*dev));
}

struct rule_subject dev_subject(const struct dev *dev)
{
	return (struct rule_subject){
		.bus = dev->bus,
		.name = dev->name,
		.modalias = dev->modalias,
		.external = dev->external,
		.virtio = dev->virtio,
	};
}

/* A newer kernel module may say what this tool has no word for. */
static const char *or_unknown(const char *word)
{
	return word ? word : "unknown";
}

const char *dev_policy_word(const struct dev *dev)
{
	return or_unknown(policy_name(dev->policy));
}

const char *dev_status_cell(const struct dev *dev, bool json)
{
	const char *word = dev->status < 0 ? NULL :
			   status_name((unsigned int)dev->status);

	return json ? word : or_unknown(word);
}

const char *dev_status_word(const struct dev *dev)
{
	return dev_status_cell(dev, false);
}

const char *dev_effective_word(const struct dev *dev)
{
	return or_unknown(effective_name(dev->effective));
}

const char *dev_virtio_access_word(const struct dev *dev)
{
	if (dev->virtio != RULE_YES)
		return NULL;
	return or_unknown(dev->virtio_access < 0 ? NULL :
			  virtio_access_name((unsigned int)dev->virtio_access));
}

bool dev_satisfied(unsigned int effective, unsigned int policy)
{
	bool strict = effective == IOMMU_PT_EFFECTIVE_STRICT;
	bool lazy = effective == IOMMU_PT_EFFECTIVE_LAZY;

	switch (policy) {
	case IOMMU_PT_POLICY_PASSTHROUGH:
		return effective == IOMMU_PT_EFFECTIVE_PASSTHROUGH;
	case IOMMU_PT_POLICY_TRANSLATED:
		return strict || lazy;
	case IOMMU_PT_POLICY_STRICT:
		return strict;
	case IOMMU_PT_POLICY_LAZY:
		return lazy;
	default:
		return false;
	}
}

bool dev_is_users(const struct dev *dev)
{
	return dev->driver && strstr(dev->driver, "vfio");
}

void devs_add(struct devs *devs, struct dev *dev)
{
	devs->at = grow(devs->at, devs->count, sizeof(*devs->at));
	devs->at[devs->count++] = *dev;
}

struct dev *devs_find(const struct devs *devs, const char *bus,
		      const char *name)
{
	size_t i;

	for (i = 0; i < devs->count; i++)
		if (!strcmp(devs->at[i].name, name) &&
		    !strcmp(devs->at[i].bus, bus))
			return &devs->at[i];
	return NULL;
}

static int compare(const void *a, const void *b)
{
	const struct dev *x = a, *y = b;
	int bus = strcmp(x->bus, y->bus);

	return bus ? bus : strverscmp(x->name, y->name);
}

void devs_sort(struct devs *devs)
{
	if (devs->count)
		qsort(devs->at, devs->count, sizeof(*devs->at), compare);
}

void devs_free(struct devs *devs)
{
	while (devs->count)
		dev_free(&devs->at[--devs->count]);
	free(devs->at);
	devs->at = NULL;
}
