// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "msg.h"
#include "proven.h"
#include "ptctl.h"
#include "view.h"

/* Both tiers of files, highest first; a broken one is as if it were empty. */
static void load_files(struct rulelist *list)
{
	struct rules rules;

	rules_load(&rules);
	rules_parse(&rules, IOMMU_PT_TIER_ADMIN, list);
	rules_parse(&rules, IOMMU_PT_TIER_VENDOR, list);
	rules_free(&rules);
}

int view_rules(struct view *view)
{
	struct rulelist files = { 0 };
	int err;

	if (!view->kernel)
		return PTCTL_DONE;	/* view_open() has done it */
	err = kernel_rules(view->kernel, &view->rules);
	if (err)
		return kernel_fail(view->kernel, err, "rules");
	load_files(&files);
	rulelist_locate(&view->rules, &files);
	rulelist_free(&files);
	return PTCTL_DONE;
}

/* @err: why it cannot be reached */
static void say_blind(const struct view *view, int err)
{
	if (err && err != -ENOENT)
		msg_err("policies are what the files say, whatever is in force");
	else if (view->info.version)
		msg_err("the kernel module is off (parameter mode=off): policies are what the files say, none is in force; load it again without");
	else
		msg_err("the kernel module is not loaded: policies are what the files say, none is in force; load it: modprobe iommu-pt-policy");
	msg_err("not known without it: statuses, decisions at runtime, whether a device obeys its domain");
}

int view_open(struct view *view)
{
	int err, unreached;

	memset(view, 0, sizeof(*view));
	unreached = kernel_reach(&view->kernel);
	if (!unreached) {
		err = kernel_info(view->kernel, &view->info);
		if (err)
			return kernel_fail(view->kernel, err, "module");
		if (view->info.mode != IOMMU_PT_MODE_OFF)
			return PTCTL_DONE;
		kernel_close(view->kernel);
	}
	view->kernel = NULL;
	say_blind(view, unreached);
	load_files(&view->rules);
	return PTCTL_DONE;
}

void view_close(struct view *view)
{
	kernel_close(view->kernel);
	free(view->info.version);
	rulelist_free(&view->rules);
	memset(view, 0, sizeof(*view));
}

unsigned int view_effective(const char *type)
{
	if (!type)
		return IOMMU_PT_EFFECTIVE_UNKNOWN;
	if (!strcmp(type, "identity"))
		return IOMMU_PT_EFFECTIVE_PASSTHROUGH;
	if (!strcmp(type, "DMA"))
		return IOMMU_PT_EFFECTIVE_STRICT;
	if (!strcmp(type, "DMA-FQ"))
		return IOMMU_PT_EFFECTIVE_LAZY;
	if (!strcmp(type, "blocked"))
		return IOMMU_PT_EFFECTIVE_BLOCKED;
	if (!strcmp(type, "unmanaged"))
		return IOMMU_PT_EFFECTIVE_USER;
	return IOMMU_PT_EFFECTIVE_UNKNOWN;
}

char *view_unserved(const struct dev *dev)
{
	if (dev->group < 0 || device_is_served(dev->bus))
		return NULL;
	return xasprintf("bus %s is none that the kernel's IOMMU core serves: group %ld has no domain that could be chosen, and no policy changes that",
			 dev->bus, dev->group);
}

/* Whether or not the module is loaded, it cannot know more of these. */
static void judge_unserved(struct dev *dev)
{
	free(dev->reason);
	dev->reason = view_unserved(dev);
	if (dev->reason)
		dev->status = dev->tier < 0 ? IOMMU_PT_STATUS_NONE :
					      IOMMU_PT_STATUS_REFUSED;
}

static void decide_here(const struct view *view, struct dev *dev)
{
	struct rule_subject subject = dev_subject(dev);
	const struct rule_entry *entry;
	struct rule rule;
	char *type;

	entry = rulelist_decide(&view->rules, &subject, &rule);
	if (entry) {
		dev->policy = rule.policy;
		dev->tier = (int)entry->tier;
		dev->rule = xstrdup(entry->text);
	}
	if (dev->group < 0) {
		dev->effective = IOMMU_PT_EFFECTIVE_NONE;
		return;
	}
	type = device_group_type(dev->group);
	dev->effective = view_effective(type);
	free(type);
	/* Only the module can know whether it obeys. */
	if (dev->virtio == RULE_YES &&
	    dev->effective != IOMMU_PT_EFFECTIVE_PASSTHROUGH)
		dev->effective = IOMMU_PT_EFFECTIVE_UNKNOWN;
	judge_unserved(dev);
}

/* Keep what list shows: on most machines every CPU is a platform device. */
static void drop_ungrouped(struct devs *devs)
{
	size_t i, kept = 0;

	for (i = 0; i < devs->count; i++) {
		struct dev *dev = &devs->at[i];

		if (dev->group < 0 && strcmp(dev->bus, "pci"))
			dev_free(dev);
		else
			devs->at[kept++] = *dev;
	}
	devs->count = kept;
}

/* The kernel tells no module of buses that the IOMMU core does not serve. */
static int add_unserved(struct view *view, struct devs *devs)
{
	size_t i, known = devs->count, kept = known;
	int ret = PTCTL_DONE;

	device_other_groups(devs);
	/* Of the others, what was plugged in since: the next list has it. */
	for (i = known; i < devs->count; i++)
		if (device_is_served(devs->at[i].bus))
			dev_free(&devs->at[i]);
		else
			devs->at[kept++] = devs->at[i];
	devs->count = kept;
	if (kept > known && !view->rules.count)
		ret = view_rules(view);
	for (i = known; !ret && i < kept; i++)
		decide_here(view, &devs->at[i]);
	return ret;
}

static int kernel_view(struct view *view, struct devs *devs, bool all)
{
	int err = kernel_devs(view->kernel, devs);

	if (err)
		return kernel_fail(view->kernel, err, "devices");
	if (!all)
		drop_ungrouped(devs);
	err = add_unserved(view, devs);
	devs_sort(devs);
	return err;
}

int view_devs(struct view *view, struct devs *devs, bool all)
{
	int ret = PTCTL_DONE;
	size_t i;

	if (view->kernel) {
		ret = kernel_view(view, devs, all);
	} else {
		device_scan(devs);
		for (i = 0; i < devs->count; i++)
			decide_here(view, &devs->at[i]);
	}
	proven_look_all(devs);
	return ret;
}

int view_dev(struct view *view, struct dev *dev)
{
	int err = view->kernel ? kernel_dev(view->kernel, dev) : 0;

	if (!view->kernel || (err == -ENODEV && (dev->group < 0 ||
						 !device_is_served(dev->bus))))
		decide_here(view, dev);
	else if (err)
		return kernel_fail(view->kernel, err, dev->label);
	proven_look(dev);
	return PTCTL_DONE;
}

const struct rule_entry *view_rule(const struct view *view,
				   const struct dev *dev)
{
	size_t i;

	for (i = 0; dev->rule && i < view->rules.count; i++)
		if ((int)view->rules.at[i].tier == dev->tier &&
		    !strcmp(view->rules.at[i].text, dev->rule))
			return &view->rules.at[i];
	return NULL;
}
