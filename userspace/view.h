/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices and rules for the verbs that only look: as the module has them, or,
 * where it is not loaded, as far as sysfs and the files tell.
 */
#ifndef PTCTL_VIEW_H
#define PTCTL_VIEW_H

#include "dev.h"
#include "kernel.h"
#include "rules.h"

/**
 * struct view - where to look
 * @kernel: the module, NULL if it is not loaded or off
 * @info: what it says of itself; no version if it is not loaded
 * @rules: after view_rules(): what the module has, or the files; highest tier
 *	first, with their places as far as these are known
 */
struct view {
	struct kernel *kernel;
	struct kernel_info info;
	struct rulelist rules;
};

/**
 * view_open() - begin to look; says on stderr what cannot be known
 * @view: filled in
 *
 * Return: an enum ptctl_status
 */
int view_open(struct view *view);
void view_close(struct view *view);

/**
 * view_rules() - fill in @rules, which list can do without
 * @view: where to look
 *
 * Return: an enum ptctl_status
 */
int view_rules(struct view *view);

/**
 * view_devs() - all devices
 * @view: where to look
 * @devs: filled in, sorted
 * @all: also those in no group that are not PCI
 *
 * Return: an enum ptctl_status
 */
int view_devs(struct view *view, struct devs *devs, bool all);

/**
 * view_dev() - all of one device
 * @view: where to look
 * @dev: as resolve_device() left it; the rest is filled in. Of one that the
 *	module does not watch, the rules of view_rules() tell.
 *
 * Return: an enum ptctl_status
 */
int view_dev(struct view *view, struct dev *dev);

/**
 * view_unserved() - is a device's bus unknown to the IOMMU core?
 * @dev: the device
 *
 * Something may have given it a group all the same, as vfio does to a mediated
 * device.
 *
 * Return: a sentence that says so and what follows; NULL if it is served, or in
 * no group
 */
char *view_unserved(const struct dev *dev);

/* The rule that gave @dev its policy, NULL if none did or it is not known. */
const struct rule_entry *view_rule(const struct view *view,
				   const struct dev *dev);

/* What the kernel's name of a domain type means for the DMA. */
unsigned int view_effective(const char *type);

#endif /* PTCTL_VIEW_H */
