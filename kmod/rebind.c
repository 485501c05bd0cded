// SPDX-License-Identifier: GPL-2.0
#include <linux/device.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/virtio.h>
#include <linux/virtio_ids.h>
#include "compat.h"
#include "device.h"
#include "domain.h"
#include "group.h"
#include "leftover.h"
#include "mode.h"
#include "rebind.h"
#include "report.h"
#include "stats.h"
#include "verdict.h"

/* A member and its driver, NULL if that is gone but left something; both referenced. */
struct part {
	struct pt_device *pt;
	struct device_driver *drv;
	int error;
};

struct rebinding {
	struct pt_group *group;
	unsigned int count;
	struct part parts[];
};

void rebind_fail(struct rebind_result *result, int error, const char *fmt, ...)
{
	va_list args;

	result->error = error;
	va_start(args, fmt);
	vscnprintf(result->message, sizeof(result->message), fmt, args);
	va_end(args);
}

/* ---- who takes part ---- */

static void add_part(struct rebinding *re, struct pt_device *pt)
{
	struct part *part = &re->parts[re->count];
	struct device_driver *drv;

	device_lock(pt->dev);
	drv = pt->dev->driver;
	if (drv ? try_module_get(drv->owner) : COMPAT_NVME_FREES_LATE) {
		part->pt = pt_device_get(pt);
		part->drv = drv;
		re->count++;
	}
	device_unlock(pt->dev);
}

static bool is_driven(const struct part *part)
{
	return !COMPAT_NVME_FREES_LATE || part->drv;
}

static void free_parts(struct rebinding *re)
{
	unsigned int i;

	if (!re)
		return;
	for (i = 0; i < re->count; i++) {
		if (is_driven(&re->parts[i]))
			module_put(re->parts[i].drv->owner);
		pt_device_put(re->parts[i].pt);
	}
	kfree(re);
}

/* @only, or every member, whose driver is in the way; with references. */
static struct pt_device **list_blockers(struct pt_group *group,
					struct pt_device *only,
					unsigned int *count)
{
	struct pt_device **list, *pt;
	unsigned int n = 0;

	mutex_lock(&registry_lock);
	list_for_each_entry(pt, &group->members, member)
		n++;
	list = kcalloc(n ?: 1, sizeof(*list), GFP_KERNEL);
	n = 0;
	if (list)
		list_for_each_entry(pt, &group->members, member)
			if ((!only || pt == only) && verdict_is_blocker(pt))
				list[n++] = pt_device_get(pt);
	mutex_unlock(&registry_lock);
	*count = n;
	return list;
}

/* The device_locks are taken after registry_lock is given back. */
static struct rebinding *gather(struct pt_device *pt, bool whole_group)
{
	struct rebinding *re = NULL;
	struct pt_device **list;
	unsigned int i, count;

	list = list_blockers(pt->group, whole_group ? NULL : pt, &count);
	if (!list)
		return NULL;
	re = kzalloc(struct_size(re, parts, count), GFP_KERNEL);
	for (i = 0; i < count; i++) {
		if (re)
			add_part(re, list[i]);
		pt_device_put(list[i]);
	}
	kfree(list);
	if (re)
		re->group = pt->group;
	return re;
}

/* ---- one after the other ---- */

bool rebind_begin(struct pt_group *group)
{
	bool free;

	mutex_lock(&group->lock);	/* waits for a change under way */
	mutex_lock(&registry_lock);
	free = !group->rebinding;
	group->rebinding = true;
	mutex_unlock(&registry_lock);
	mutex_unlock(&group->lock);
	return free;
}

void rebind_end(struct pt_group *group)
{
	mutex_lock(&registry_lock);
	group->rebinding = false;
	mutex_unlock(&registry_lock);
	group_update(group);
}

/* What leaves something counts as bound until that is gone. */
static bool await_leftover(struct pt_device *pt)
{
	if (!COMPAT_NVME_FREES_LATE)
		return true;
	if (!leftover_await(pt->dev))
		return false;
	pt_device_settle(pt);
	return true;
}

/* Return: whether the domain may change now. */
static bool release_parts(struct rebinding *re)
{
	bool gone = true;
	unsigned int i;

	compat_await_probes();
	for (i = 0; i < re->count; i++)
		device_release_driver(re->parts[i].pt->dev);
	for (i = 0; i < re->count; i++)
		gone &= await_leftover(re->parts[i].pt);
	return gone;
}

int rebind_attach(struct device *dev, struct device_driver *drv)
{
	int error = device_driver_attach(drv, dev);

	/* Somebody else may have been faster. */
	return error == -EBUSY && READ_ONCE(dev->driver) == drv ? 0 : error;
}

/* Return: the first that failed, or NULL. */
static struct part *attach_parts(struct rebinding *re)
{
	struct part *part, *failed = NULL;
	unsigned int i;

	for (i = 0; i < re->count; i++) {
		part = &re->parts[i];
		if (!is_driven(part))
			continue;
		part->error = rebind_attach(part->pt->dev, part->drv);
		if (part->error && !failed)
			failed = part;
	}
	return failed;
}

/*
 * The driver does not like the new domain, or does not bind any more at all.
 * With the former domain back, for which all of them are released, see which.
 */
static void fall_back(struct rebinding *re, enum domain_type before,
		      const struct part *failed, struct rebind_result *result)
{
	enum domain_type now = domain_read(re->group->grp);
	const char *name = dev_name(failed->pt->dev);
	const char *driver = failed->drv->name;
	const struct part *again;
	int error = failed->error;

	stats_count(STAT_REBIND_FAILURES);
	if (now != before && release_parts(re))
		now = group_restore(re->group, before);
	again = attach_parts(re);
	if (!again)
		rebind_fail(result, error,
			    "driver %s failed to bind to %s again (error %d); a second try, in a domain of type %s, bound it",
			    driver, name, error, domain_type_name(now));
	else
		rebind_fail(result, error,
			    "driver %s does not bind to %s any more (error %d), nor in a domain of type %s (error %d); it has no driver now",
			    driver, name, error, domain_type_name(now),
			    again->error);
}

/* Something keeps the former driver's memory in the domain that there is. */
static void give_back(struct rebinding *re, struct rebind_result *result)
{
	const struct part *failed = attach_parts(re);

	stats_count(STAT_REBIND_FAILURES);
	if (failed)
		rebind_fail(result, failed->error,
			    "driver %s did not bind to %s again (error %d), and had not freed all of its memory; it has no driver now",
			    failed->drv->name, dev_name(failed->pt->dev),
			    failed->error);
	else
		rebind_fail(result, -EBUSY,
			    "a driver of %s has not freed all of its memory, because something has a disk or node of the device open; the domain and the drivers are as before. Close that, then try again",
			    dev_name(re->parts[0].pt->dev));
}

static void run(struct rebinding *re, struct rebind_result *result)
{
	enum domain_type before = domain_read(re->group->grp);
	const struct part *failed;

	if (!release_parts(re)) {
		give_back(re, result);
		return;
	}
	group_update_rebinding(re->group);
	stats_count(STAT_REBINDS);
	failed = attach_parts(re);
	if (failed)
		fall_back(re, before, failed, result);
}

/* Is there anything to gain, and anything that forbids it? */
static bool is_worth_it(struct pt_device *pt, struct rebind_result *result)
{
	struct pt_report *report = kmalloc(sizeof(*report), GFP_KERNEL);
	bool pending;

	if (!report) {
		rebind_fail(result, -ENOMEM, "out of memory; nothing was released");
		return false;
	}
	report_make(pt, report);
	pending = report->status == IOMMU_PT_STATUS_PENDING;
	/* vfio-pci's remove waits for userspace to let go, maybe forever. */
	if (pending && report->user)
		rebind_fail(result, -EBUSY,
			    "a userspace driver has %s, or a sibling in its group, open; end it first",
			    dev_name(pt->dev));
	report_done(report);
	kfree(report);
	return pending && !result->error;
}

/* A sibling's driver, which is not to be released, makes it all be in vain. */
static bool is_in_vain(struct pt_device *pt, struct rebind_result *result)
{
	struct pt_device *member;

	mutex_lock(&registry_lock);
	list_for_each_entry(member, &pt->group->members, member)
		if (member != pt && verdict_is_blocker(member))
			rebind_fail(result, -EBUSY,
				    "%s in the same group has a driver too; nothing was released, use --group",
				    dev_name(member->dev));
	mutex_unlock(&registry_lock);
	return result->error;
}

/* Return: not 0 if @child is in use, or nothing that is known to be idle. */
static int look_at_child(struct device *child, void *data)
{
	unsigned int *idle = data;

	/* Power management's book of who woke the machine; nobody's device. */
	if (child->class && !strcmp(child->class->name, "wakeup"))
		return 0;
	if (!child->bus || strcmp(child->bus->name, "virtio") ||
	    READ_ONCE(child->driver))
		return -EBUSY;
	/* It is the IOMMU of others, whatever driver it has. */
	if (dev_to_virtio(child)->id.device == VIRTIO_ID_IOMMU)
		return -EBUSY;
	(*idle)++;
	return 0;
}

static bool is_idle_transport(struct device *dev)
{
	unsigned int idle = 0;

	return !device_for_each_child(dev, &idle, look_at_child) && idle;
}

/* @idle: only if nothing uses it, which may begin to at any time. */
static void attempt(struct pt_device *pt, bool whole_group, bool idle,
		    struct rebind_result *result)
{
	struct rebinding *re;

	result->error = 0;
	result->message[0] = '\0';
	group_forget_refusal(pt->group);
	if (!is_worth_it(pt, result))
		return;
	if (!whole_group && is_in_vain(pt, result))
		return;
	if (!rebind_begin(pt->group)) {
		rebind_fail(result, -EBUSY,
			    "the group of %s is being rebound already; try again",
			    dev_name(pt->dev));
		return;
	}
	re = gather(pt, whole_group);
	if (!re)
		rebind_fail(result, -ENOMEM, "out of memory; nothing was released");
	else if (!idle || is_idle_transport(pt->dev))
		run(re, result);
	free_parts(re);
	rebind_end(pt->group);
}

void rebind(struct pt_device *pt, bool whole_group,
	    struct rebind_result *result)
{
	attempt(pt, whole_group, false, result);
}

/* ---- transports that nothing uses ---- */

void rebind_idle(void)
{
	struct rebind_result result;
	struct pt_device *pt;
	unsigned long id = 0;

	if (!pt_rebinds_idle || pt_mode != IOMMU_PT_MODE_ENFORCE)
		return;
	for (; (pt = pt_device_next(&id)); pt_device_put(pt)) {
		if (!pt->virtio || !is_idle_transport(pt->dev))
			continue;
		attempt(pt, false, true, &result);
		if (result.error)
			dev_warn(pt->dev, "iommu_pt: %s\n", result.message);
	}
}
