/* SPDX-License-Identifier: GPL-2.0 */
/* What is known of a device, from whichever side, and lists of devices. */
#ifndef PTCTL_DEV_H
#define PTCTL_DEV_H

#include "rule.h"

struct proven;

/**
 * struct dev - a device on a bus
 * @bus: name of its bus type
 * @name: its name there
 * @label: what people call it: the name alone on PCI, else ``bus/name``
 * @syspath: its folder in sysfs, NULL until resolved
 * @driver: what is bound to it, or NULL
 * @modalias: or NULL
 * @group: number of its IOMMU group, -1 without one
 * @policy: what the rules give it
 * @tier: where @rule comes from, -1 if no rule decides
 * @rule: the rule that decides, or NULL
 * @status: enum iommu_pt_status, -1 where only the module could know
 * @effective: what its DMA really does
 * @reason: why the status is what it is, or NULL
 * @external: untrusted or removable
 * @virtio: a virtio transport
 * @virtio_access: enum iommu_pt_virtio_access, -1 for other devices and where
 *	only the module could know
 * @proven: what its DMA has shown (proven.h), NULL: nothing, or not looked at
 */
struct dev {
	char *bus;
	char *name;
	char *label;
	char *syspath;
	char *driver;
	char *modalias;
	long group;
	unsigned int policy;
	int tier;
	char *rule;
	int status;
	unsigned int effective;
	char *reason;
	enum rule_tri external;
	enum rule_tri virtio;
	int virtio_access;
	struct proven *proven;
};

/**
 * struct devs - a list of devices that it owns
 * @at: the devices
 * @count: how many
 */
struct devs {
	struct dev *at;
	size_t count;
};

/**
 * dev_init() - a device of which nothing but bus and name is known
 * @dev: what to fill in
 * @bus: its bus
 * @name: its name
 */
void dev_init(struct dev *dev, const char *bus, const char *name);
void dev_free(struct dev *dev);

/**
 * dev_subject() - the device as a rule sees it; points into @dev
 * @dev: the device
 */
struct rule_subject dev_subject(const struct dev *dev);

/* Words for columns and sentences; never NULL. */
const char *dev_policy_word(const struct dev *dev);
const char *dev_status_word(const struct dev *dev);
const char *dev_effective_word(const struct dev *dev);

/* As dev_status_word(), but NULL in JSON, where that is how the unknown is said. */
const char *dev_status_cell(const struct dev *dev, bool json);

/* Is VIRTIO_F_ACCESS_PLATFORM offered? NULL if it is no virtio transport. */
const char *dev_virtio_access_word(const struct dev *dev);

/**
 * dev_satisfied() - does the effective state give what a policy asks?
 * @effective: what the DMA does
 * @policy: what is asked for
 *
 * Return: false also for auto, of which nobody can tell from outside.
 */
bool dev_satisfied(unsigned int effective, unsigned int policy);

/**
 * dev_is_users() - is its driver one that hands it to userspace?
 * @dev: the device
 *
 * vfio-pci and the like, and vfio's variants for one kind of device each:
 * mlx5_vfio_pci, nvgrace_gpu_vfio_pci.
 */
bool dev_is_users(const struct dev *dev);

/* Takes over what @dev points to. */
void devs_add(struct devs *devs, struct dev *dev);
struct dev *devs_find(const struct devs *devs, const char *bus,
		      const char *name);
void devs_sort(struct devs *devs);	/* by bus, then name */
void devs_free(struct devs *devs);

#endif /* PTCTL_DEV_H */
