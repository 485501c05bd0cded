// SPDX-License-Identifier: GPL-2.0
#include <linux/device.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include "compat.h"
#include "decision.h"
#include "device.h"
#include "domain.h"
#include "group.h"
#include "leftover.h"
#include "mode.h"
#include "report.h"
#include "seal.h"
#include "stats.h"
#include "verdict.h"

static struct workqueue_struct *updates;
static bool closed;	/* change nothing any more */

/* ---- bringing it about; callers hold pt_group.lock ---- */

static int decide_members(struct pt_group *group)
{
	struct pt_device *pt;
	int ret = 0;

	lockdep_assert_held(&group->lock);
	lockdep_assert_held(&registry_lock);
	list_for_each_entry(pt, &group->members, member)
		ret = decision_make(pt) ?: ret;
	return ret;
}

static int write_type(struct pt_group *group, enum domain_type type,
		      enum domain_type *now)
{
	int ret = domain_write(group->grp, type, now);

	if (!ret && type != DOMAIN_AUTO && *now != type)
		ret = -EOPNOTSUPP;
	return ret;
}

/*
 * The kernel's default may be either kind of translated domain, or, with
 * iommu.passthrough=1, none. Then the stricter kind is the safe guess; the default
 * is not even tried, for a driver that binds meanwhile would have to keep it.
 */
static int write_translated(struct pt_group *group, enum domain_type *now,
			    bool *changed)
{
	int ret;

	if (!iommu_default_passthrough()) {
		ret = write_type(group, DOMAIN_AUTO, now);
		if (ret || verdict_is_met(*now, IOMMU_PT_POLICY_TRANSLATED))
			return ret;
	}
	*changed = true;
	return write_type(group, DOMAIN_DMA, now);
}

/* Who asks for nothing keeps the kernel's default, if that is strict. */
static int write_lazy(struct pt_group *group, const struct pt_view *view,
		      enum domain_type *now, bool *changed)
{
	int ret;

	if (view->unasked && *now == DOMAIN_DMA && !iommu_default_passthrough()) {
		ret = write_type(group, DOMAIN_AUTO, now);
		if (ret || *now != DOMAIN_IDENTITY)
			return ret;
	}
	*changed = true;
	return write_type(group, DOMAIN_DMA_FQ, now);
}

static int write_policy(struct pt_group *group, const struct pt_view *view,
			enum domain_type *now, bool *changed)
{
	enum iommu_pt_policy policy = view->verdict;

	*changed = false;
	if (policy == IOMMU_PT_POLICY_AUTO)
		return write_type(group, DOMAIN_AUTO, now);
	if (policy == IOMMU_PT_POLICY_TRANSLATED)
		return write_translated(group, now, changed);
	if (policy == IOMMU_PT_POLICY_LAZY)
		return write_lazy(group, view, now, changed);
	*changed = true;
	if (policy == IOMMU_PT_POLICY_PASSTHROUGH)
		return write_type(group, DOMAIN_IDENTITY, now);
	return write_type(group, DOMAIN_DMA, now);
}

static bool is_missing(const struct pt_group *group, const struct pt_view *view,
		       enum domain_type now)
{
	if (view->verdict == IOMMU_PT_POLICY_AUTO)
		return verdict_is_left_over(group, view, now);
	return !verdict_is_met(now, view->verdict) ||
	       verdict_is_other_kind(group, view);
}

static void change(struct pt_group *group, const struct pt_view *view,
		   enum domain_type *now)
{
	bool changed;
	int ret;

	lockdep_assert_held(&group->lock);
	ret = write_policy(group, view, now, &changed);
	mutex_lock(&registry_lock);
	group->error = ret;
	group->refusal = ret;
	group->refused = view->verdict;
	if (!ret) {
		group->changed = changed;
		group->chosen = view->verdict;
	}
	stats_count(ret ? STAT_REFUSALS : STAT_CHANGES);
	mutex_unlock(&registry_lock);
}

/*
 * Of what is asked for still, until it is tried again: a driver that is back
 * after its domain was refused keeps that from being tried, but not known.
 */
static int last_refusal(const struct pt_group *group, const struct pt_view *view)
{
	return group->refused == view->verdict ? group->refusal : 0;
}

/*
 * Identity may be written where it is already, and where it was not when last
 * looked at it hardly ever is: there the reading would cost a good part of the
 * writing. Not where it may be the kernel's own choice, for what is written
 * counts as ours.
 */
static enum domain_type read_before(const struct pt_group *group,
				    const struct pt_view *view)
{
	if (view->verdict == IOMMU_PT_POLICY_PASSTHROUGH && !view->blocker &&
	    !group->identity && !iommu_default_passthrough() &&
	    (READ_ONCE(group->fresh) || !seal_is_on()))
		return DOMAIN_UNKNOWN;
	return domain_read(group->grp);
}

/* @rebinding: by who set group->rebinding */
static void update_locked(struct pt_group *group, bool rebinding)
{
	enum domain_type now = DOMAIN_UNKNOWN;
	struct pt_view view;
	bool hold;
	int ret;

	lockdep_assert_held(&group->lock);
	mutex_lock(&registry_lock);
	ret = decide_members(group);
	verdict_view(group, &view);
	group->error = ret ?: last_refusal(group, &view);
	hold = ret || pt_mode != IOMMU_PT_MODE_ENFORCE || !view.members ||
	       READ_ONCE(closed) || verdict_is_beyond_core(&view) ||
	       (group->rebinding && !rebinding);
	mutex_unlock(&registry_lock);

	/* The pointers of the view are only looked at for being there now. */
	if (group->grp && (view.any_rule || group->changed)) {
		now = hold ? domain_read(group->grp) : read_before(group, &view);
		if (!hold && is_missing(group, &view, now) &&
		    !verdict_is_barred_change(group, &view, now) &&
		    !verdict_is_sealed_change(group, &view, now) &&
		    (!view.blocker || verdict_is_free_change(now, view.verdict)))
			change(group, &view, &now);
		group->identity = now == DOMAIN_IDENTITY;
		WRITE_ONCE(group->unknown, now == DOMAIN_UNKNOWN);
	}
	WRITE_ONCE(group->fresh, false);
	report_tell(group, now);
}

void group_update(struct pt_group *group)
{
	mutex_lock(&group->lock);
	update_locked(group, false);
	mutex_unlock(&group->lock);
}

void group_update_rebinding(struct pt_group *group)
{
	mutex_lock(&group->lock);
	update_locked(group, true);
	mutex_unlock(&group->lock);
}

enum domain_type group_restore(struct pt_group *group, enum domain_type type)
{
	enum domain_type now = DOMAIN_UNKNOWN;
	bool there;

	mutex_lock(&group->lock);
	mutex_lock(&registry_lock);
	there = !list_empty(&group->members);
	mutex_unlock(&registry_lock);
	/* Who leaves waits for group->lock, so who is there stays so far. */
	if (there)
		now = domain_read(group->grp);
	if (there && (!seal_is_on() || verdict_rank(type) >= verdict_rank(now)))
		domain_write(group->grp, type, &now);
	mutex_unlock(&group->lock);
	return now;
}

static struct pt_device *take_unsettled(struct pt_group *group)
{
	struct pt_device *pt, *found = NULL;

	mutex_lock(&registry_lock);
	list_for_each_entry(pt, &group->members, member)
		if (pt->unsettled) {
			pt->unsettled = false;
			found = pt_device_get(pt);
			break;
		}
	mutex_unlock(&registry_lock);
	return found;
}

/* Waits for device_locks, which nothing that waits for this may hold. */
void group_update_work(struct work_struct *work)
{
	struct pt_group *group = container_of(work, struct pt_group, work);
	struct pt_device *pt;

	for (; (pt = take_unsettled(group)); pt_device_put(pt))
		if (!leftover_remains(pt->dev))
			pt_device_settle(pt);
	group_update(group);
	pt_group_put(group);
}

void group_update_later(struct pt_group *group)
{
	pt_group_get(group);
	if (!queue_work(updates, &group->work))
		pt_group_put(group);
}

/*
 * Where the core can change no group of several devices, a function whose
 * siblings are still to come, and may not ask for the same, must not take
 * the whole group along. By the time the worker runs they are there.
 */
static bool siblings_may_come(struct device *dev)
{
	struct pci_dev *pdev;

	if (!COMPAT_TYPE_LOCKS_DEVICE || !dev_is_pci(dev))
		return false;
	pdev = to_pci_dev(dev);
	return pdev->multifunction && !pdev->acs_cap;
}

/* What the rules say of it is known at once; without memory, the worker asks again. */
static void update_arriving_later(struct pt_device *pt)
{
	mutex_lock(&registry_lock);
	decision_make(pt);
	mutex_unlock(&registry_lock);
	group_update_later(pt->group);
}

void group_update_arriving(struct pt_device *pt)
{
	struct pt_group *group = pt->group;

	if (siblings_may_come(pt->dev)) {
		update_arriving_later(pt);
		return;
	}
	/*
	 * A parent's device_lock may be held here. Someone else at this group
	 * means that it has more devices, so that where waiting is dangerous
	 * there is nothing to be had by it.
	 */
	if (!COMPAT_TYPE_LOCKS_DEVICE) {
		mutex_lock(&group->lock);
	} else if (!mutex_trylock(&group->lock)) {
		update_arriving_later(pt);
		return;
	}
	update_locked(group, false);
	mutex_unlock(&group->lock);
}

void group_update_unbound(struct pt_device *pt)
{
	if (COMPAT_TYPE_LOCKS_DEVICE)
		group_update_later(pt->group);
	else
		group_update(pt->group);
}

static bool is_first_member(struct pt_device *pt)
{
	bool first;

	mutex_lock(&registry_lock);
	first = list_first_entry_or_null(&pt->group->members, struct pt_device,
					 member) == pt;
	mutex_unlock(&registry_lock);
	return first;
}

static void update_all(struct work_struct *work)
{
	struct pt_device *pt;
	unsigned long id = 0;

	/* A first member that leaves meanwhile has its group updated later. */
	for (; (pt = pt_device_next(&id)); pt_device_put(pt))
		if (is_first_member(pt))
			group_update(pt->group);
}

/* By a worker, for then domain.c needs none for each of them. */
void group_update_all(void)
{
	struct work_struct work;

	INIT_WORK_ONSTACK(&work, update_all);
	queue_work(updates, &work);
	flush_work(&work);
	destroy_work_on_stack(&work);
}

void group_forget_refusal(struct pt_group *group)
{
	mutex_lock(&registry_lock);
	group->refusal = 0;
	group->error = 0;
	mutex_unlock(&registry_lock);
}

/* ---- decisions of the runtime tier ---- */

int group_decide(struct pt_device *pt, enum iommu_pt_policy policy, u32 flags,
		 struct netlink_ext_ack *extack)
{
	int ret = decision_set(pt, policy, flags, extack);

	group_forget_refusal(pt->group);
	group_update(pt->group);
	return ret;
}

/* ---- life ---- */

int __init group_init(void)
{
	updates = alloc_workqueue("iommu_pt_update", WQ_UNBOUND, 0);
	return updates ? 0 : -ENOMEM;
}

void group_close(void)
{
	WRITE_ONCE(closed, true);
	/* What saw it open is in here, or in a notifier. */
	flush_workqueue(updates);
}

void group_exit(void)
{
	destroy_workqueue(updates);
}
