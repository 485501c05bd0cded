// SPDX-License-Identifier: GPL-2.0
#include <linux/device.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/utsname.h>
#include "compat.h"
#include "decision.h"
#include "device.h"
#include "domain.h"
#include "group.h"
#include "mode.h"
#include "names.h"
#include "netlink.h"
#include "policy.h"
#include "seal.h"
#include "stats.h"
#include "strict.h"
#include "subject.h"

static struct workqueue_struct *updates;
static bool closed;	/* change nothing any more */

/* ---- what is wanted ---- */

static bool satisfies(enum domain_type now, enum iommu_pt_policy policy)
{
	switch (policy) {
	case IOMMU_PT_POLICY_PASSTHROUGH:
		return now == DOMAIN_IDENTITY;
	case IOMMU_PT_POLICY_LAZY:
		return now == DOMAIN_DMA_FQ;
	case IOMMU_PT_POLICY_STRICT:
		return now == DOMAIN_DMA;
	case IOMMU_PT_POLICY_TRANSLATED:
		return now == DOMAIN_DMA || now == DOMAIN_DMA_FQ;
	default:
		return true;
	}
}

static enum iommu_pt_policy policy_of(const struct pt_device *pt)
{
	return pt->rule ? pt->rule->rule.policy : IOMMU_PT_POLICY_AUTO;
}

/* Do the safety rules hold for this device? */
static bool is_fenced(const struct pt_device *pt)
{
	return pt->external && !(pt->rule && pt->rule->rule.force);
}

/* What a device asks for, as far as the safety rules let it. */
static enum iommu_pt_policy wish_of(const struct pt_device *pt)
{
	enum iommu_pt_policy policy = policy_of(pt);

	if (policy == IOMMU_PT_POLICY_PASSTHROUGH && is_fenced(pt))
		return IOMMU_PT_POLICY_AUTO;
	return policy;
}

/*
 * A driver that does no DMA of its own, so that the domain may change under
 * it. The core cannot know, and lets it change under any that is managed.
 */
static bool is_harmless(const struct pt_device *pt)
{
	return pt->managed && pt->driver &&
	       (!strcmp(pt->driver, "pcieport") ||
		!strcmp(pt->driver, "pci-stub"));
}

bool group_is_blocker(const struct pt_device *pt)
{
	lockdep_assert_held(&registry_lock);
	return pt->bound && !is_harmless(pt);
}

/*
 * A group seen at one moment; the pointers are good as long as registry_lock
 * is held.
 */
struct view {
	enum iommu_pt_policy verdict;
	struct pt_device *decider;	/* whose wish the verdict is */
	struct pt_device *blocker;	/* has a driver that is in the way */
	struct pt_device *fenced;	/* the safety rules hold for it */
	unsigned int members;
	bool any_rule;
	bool only_managed;		/* no drivers but such as vfio-pci */
};

static void view_group(const struct pt_group *group, struct view *view)
{
	struct pt_device *pt;
	bool managed = false, unmanaged = false;

	lockdep_assert_held(&registry_lock);
	memset(view, 0, sizeof(*view));
	list_for_each_entry(pt, &group->members, member) {
		enum iommu_pt_policy wish = wish_of(pt);

		if (!view->decider ||
		    policy_strictness(wish) > policy_strictness(view->verdict)) {
			view->verdict = wish;
			view->decider = pt;
		}
		if (group_is_blocker(pt))
			view->blocker = pt;
		if (is_fenced(pt))
			view->fenced = pt;
		managed |= pt->bound && pt->managed;
		unmanaged |= pt->bound && !pt->managed;
		if (pt->rule)
			view->any_rule = true;
		view->members++;
	}
	view->only_managed = managed && !unmanaged;
}

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
 * iommu.passthrough=1, none. Then the stricter kind is the safe guess.
 */
static int write_translated(struct pt_group *group, enum domain_type *now,
			    bool *changed)
{
	int ret = write_type(group, DOMAIN_AUTO, now);

	if (!ret && !satisfies(*now, IOMMU_PT_POLICY_TRANSLATED)) {
		*changed = true;
		ret = write_type(group, DOMAIN_DMA, now);
	}
	return ret;
}

static int write_policy(struct pt_group *group, enum iommu_pt_policy policy,
			enum domain_type *now, bool *changed)
{
	*changed = false;
	if (policy == IOMMU_PT_POLICY_AUTO)
		return write_type(group, DOMAIN_AUTO, now);
	if (policy == IOMMU_PT_POLICY_TRANSLATED)
		return write_translated(group, now, changed);
	*changed = true;
	if (policy == IOMMU_PT_POLICY_PASSTHROUGH)
		return write_type(group, DOMAIN_IDENTITY, now);
	if (policy == IOMMU_PT_POLICY_LAZY)
		return write_type(group, DOMAIN_DMA_FQ, now);
	return write_type(group, DOMAIN_DMA, now);
}

/* The one change that the core makes under a driver. */
static bool is_free_change(enum domain_type now, enum iommu_pt_policy policy)
{
	return now == DOMAIN_DMA && policy == IOMMU_PT_POLICY_LAZY;
}

/* The core forgets to ask this for the change from strict to lazy. */
static bool is_fenced_change(const struct view *view, enum domain_type now)
{
	return view->fenced && is_free_change(now, view->verdict);
}

/*
 * Is the domain still one that we chose, and nobody asks for any more? The
 * kernel's default may be less strict than it, which is not for a device that
 * the safety rules hold for.
 */
static bool is_left_over(const struct pt_group *group, const struct view *view,
			 enum domain_type now)
{
	return group->changed && view->verdict == IOMMU_PT_POLICY_AUTO &&
	       (now == DOMAIN_IDENTITY || !view->fenced);
}

static bool is_missing(const struct pt_group *group, const struct view *view,
		       enum domain_type now)
{
	if (view->verdict == IOMMU_PT_POLICY_AUTO)
		return is_left_over(group, view, now);
	return !satisfies(now, view->verdict);
}

/* Of domains, how strict. What lets no DMA of ours pass is above all. */
static int rank(enum domain_type type)
{
	switch (type) {
	case DOMAIN_IDENTITY:
		return 0;
	case DOMAIN_DMA_FQ:
		return 1;
	case DOMAIN_DMA:
		return 2;
	default:
		return 3;
	}
}

/* The least strict domain that a policy may lead to. */
static enum domain_type loosest(enum iommu_pt_policy policy)
{
	switch (policy) {
	case IOMMU_PT_POLICY_LAZY:
	case IOMMU_PT_POLICY_TRANSLATED:
		return DOMAIN_DMA_FQ;
	case IOMMU_PT_POLICY_STRICT:
		return DOMAIN_DMA;
	default:	/* the kernel's choice may be this */
		return DOMAIN_IDENTITY;
	}
}

/* Once sealed, a domain in use stays at least as strict as it is. */
static bool is_sealed_change(const struct pt_group *group,
			     const struct view *view, enum domain_type now)
{
	return seal_is_on() && !group->fresh &&
	       rank(loosest(view->verdict)) < rank(now);
}

/* Not to be tried: the core would say no, and complain in the log. */
static bool is_beyond_core(const struct view *view)
{
	return COMPAT_TYPE_LOCKS_DEVICE && view->members > 1;
}

static void change(struct pt_group *group, const struct view *view,
		   enum domain_type *now)
{
	bool changed;
	int ret;

	lockdep_assert_held(&group->lock);
	ret = write_policy(group, view->verdict, now, &changed);
	mutex_lock(&registry_lock);
	group->error = ret;
	group->refusal = ret;
	group->refused = view->verdict;
	if (!ret)
		group->changed = changed;
	stats_count(ret ? STAT_REFUSALS : STAT_CHANGES);
	mutex_unlock(&registry_lock);
}

/*
 * Of what is asked for still, until it is tried again: a driver that is back
 * after its domain was refused keeps that from being tried, but not known.
 */
static int last_refusal(const struct pt_group *group, const struct view *view)
{
	return group->refused == view->verdict ? group->refusal : 0;
}

static void tell_members(struct pt_group *group, enum domain_type now);

/*
 * Identity may be written where it is already, and where it was not when last
 * looked at it hardly ever is: there the reading would cost a good part of the
 * writing. Not where it may be the kernel's own choice, for what is written
 * counts as ours.
 */
static enum domain_type read_before(const struct pt_group *group,
				    const struct view *view)
{
	if (view->verdict == IOMMU_PT_POLICY_PASSTHROUGH && !view->blocker &&
	    !group->identity && !iommu_default_passthrough() &&
	    (group->fresh || !seal_is_on()))
		return DOMAIN_UNKNOWN;
	return domain_read(group->grp);
}

/* @rebinding: by who set group->rebinding */
static void update_locked(struct pt_group *group, bool rebinding)
{
	enum domain_type now = DOMAIN_UNKNOWN;
	struct view view;
	bool hold;
	int ret;

	lockdep_assert_held(&group->lock);
	mutex_lock(&registry_lock);
	ret = decide_members(group);
	view_group(group, &view);
	group->error = ret ?: last_refusal(group, &view);
	hold = ret || pt_mode != IOMMU_PT_MODE_ENFORCE || !view.members ||
	       READ_ONCE(closed) || is_beyond_core(&view) ||
	       (group->rebinding && !rebinding);
	mutex_unlock(&registry_lock);

	/* The pointers of the view are only looked at for being there now. */
	if (group->grp && (view.any_rule || group->changed)) {
		now = hold ? domain_read(group->grp) : read_before(group, &view);
		if (!hold && is_missing(group, &view, now) &&
		    !is_fenced_change(&view, now) &&
		    !is_sealed_change(group, &view, now) &&
		    (!view.blocker || is_free_change(now, view.verdict)))
			change(group, &view, &now);
		group->identity = now == DOMAIN_IDENTITY;
	}
	WRITE_ONCE(group->fresh, false);
	tell_members(group, now);
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
	if (there && (!seal_is_on() || rank(type) >= rank(now)))
		domain_write(group->grp, type, &now);
	mutex_unlock(&group->lock);
	return now;
}

void group_update_work(struct work_struct *work)
{
	struct pt_group *group = container_of(work, struct pt_group, work);

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

void group_update_arriving(struct pt_device *pt)
{
	struct pt_group *group = pt->group;

	if (siblings_may_come(pt->dev)) {
		group_update_later(group);
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
		group_update_later(group);
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

/* ---- saying what became of it; callers hold registry_lock ---- */

static void say_owned(const struct pt_group *group, const struct view *view,
		      const struct pt_device *pt, char *reason)
{
	if (!view->blocker)
		scnprintf(reason, PT_REASON_MAX,
			  "group %d is in use, perhaps by vfio; it changes when that ends",
			  group->id);
	else if (view->blocker == pt)
		scnprintf(reason, PT_REASON_MAX,
			  "driver %s is bound; the domain changes when it unbinds, or with --rebind",
			  pt->driver ?: "(unknown)");
	else
		scnprintf(reason, PT_REASON_MAX,
			  "driver %s is bound to %s in the same group; the domain changes when it unbinds, or with --rebind --group",
			  view->blocker->driver ?: "(unknown)",
			  dev_name(view->blocker->dev));
}

static void say_refused(const struct pt_group *group, const struct view *view,
			enum domain_type now, char *reason)
{
	switch (group->error) {
	case -ENOMEM:
		scnprintf(reason, PT_REASON_MAX,
			  "out of memory; try again when there is some");
		return;
	case -EOPNOTSUPP:
		scnprintf(reason, PT_REASON_MAX,
			  "this kernel or its IOMMU driver fell back to a domain of type %s",
			  domain_type_name(now));
		return;
	case -EINVAL:
		scnprintf(reason, PT_REASON_MAX,
			  "the IOMMU driver refuses %s for group %d (untrusted device, no pass-through support, or a type it requires)",
			  policy_name(view->verdict), group->id);
		return;
	default:
		scnprintf(reason, PT_REASON_MAX,
			  "the kernel refused to change group %d: error %d",
			  group->id, group->error);
	}
}

static enum iommu_pt_status say_sealed(enum domain_type now, char *reason)
{
	scnprintf(reason, PT_REASON_MAX,
		  "sealed: until reboot nothing becomes less strict, so the domain stays %s",
		  domain_type_name(now));
	return IOMMU_PT_STATUS_REFUSED;
}

/* The status of a decision that is not what the domain is. */
static enum iommu_pt_status explain(struct pt_device *pt,
				    const struct view *view,
				    enum domain_type now, char *reason)
{
	const struct pt_group *group = pt->group;
	enum iommu_pt_policy policy = policy_of(pt);

	if (is_fenced(pt) && (policy == IOMMU_PT_POLICY_PASSTHROUGH ||
			      is_free_change(now, policy))) {
		scnprintf(reason, PT_REASON_MAX,
			  "the device is external (untrusted or removable); only an administrator's force=yes overrides that");
		return IOMMU_PT_STATUS_REFUSED;
	}
	if (view->decider && view->decider != pt &&
	    policy_strictness(view->verdict) > policy_strictness(policy)) {
		scnprintf(reason, PT_REASON_MAX,
			  "%s in the same group %d %s%s", dev_name(view->decider->dev),
			  group->id,
			  view->verdict == IOMMU_PT_POLICY_AUTO ?
			  "does not ask for passthrough" : "asks for ",
			  view->verdict == IOMMU_PT_POLICY_AUTO ? "" :
			  policy_name(view->verdict));
		return IOMMU_PT_STATUS_CONFLICT;
	}
	if (view->fenced && is_free_change(now, view->verdict)) {
		scnprintf(reason, PT_REASON_MAX,
			  "%s in the same group %d is external (untrusted or removable)",
			  dev_name(view->fenced->dev), group->id);
		return IOMMU_PT_STATUS_REFUSED;
	}
	if (is_beyond_core(view)) {
		scnprintf(reason, PT_REASON_MAX,
			  "this kernel (%s) cannot change group %d because it has %u devices; use Linux 6.4 or later, or boot with iommu.passthrough=1",
			  utsname()->release, group->id, view->members);
		return IOMMU_PT_STATUS_REFUSED;
	}
	if (group->error && group->error != -EPERM && group->error != -EBUSY) {
		say_refused(group, view, now, reason);
		return IOMMU_PT_STATUS_REFUSED;
	}
	if (is_sealed_change(group, view, now))
		return say_sealed(now, reason);
	say_owned(group, view, pt, reason);
	return IOMMU_PT_STATUS_PENDING;
}

/* Applied, but in name only, or nobody knows. */
static void say_unheeded(const struct pt_device *pt, char *reason)
{
	if (!pt->virtio || policy_of(pt) == IOMMU_PT_POLICY_PASSTHROUGH ||
	    policy_of(pt) == IOMMU_PT_POLICY_AUTO)
		return;
	if (pt->virtio_access == IOMMU_PT_VIRTIO_ACCESS_ABSENT)
		scnprintf(reason, PT_REASON_MAX,
			  "the device was not offered VIRTIO_F_ACCESS_PLATFORM and bypasses the IOMMU: on QEMU add iommu_platform=on");
	else if (pt->virtio_access == IOMMU_PT_VIRTIO_ACCESS_UNKNOWN)
		scnprintf(reason, PT_REASON_MAX,
			  "whether the device was offered VIRTIO_F_ACCESS_PLATFORM, without which it bypasses the IOMMU, is not known%s%s",
			  pt->bound ? ": unbind driver " : "",
			  pt->bound ? pt->driver ?: "(unknown)" : "");
}

static enum iommu_pt_status judge_enforced(struct pt_device *pt,
					   enum domain_type now, char *reason)
{
	enum iommu_pt_policy policy = policy_of(pt);
	struct view view;

	view_group(pt->group, &view);
	if (policy == IOMMU_PT_POLICY_AUTO && is_left_over(pt->group, &view, now)) {
		if (is_sealed_change(pt->group, &view, now))
			return say_sealed(now, reason);
		say_owned(pt->group, &view, pt, reason);
		return IOMMU_PT_STATUS_PENDING;
	}
	if (!pt->rule)
		return IOMMU_PT_STATUS_NONE;
	if (!pt->group->grp && policy != IOMMU_PT_POLICY_AUTO) {
		scnprintf(reason, PT_REASON_MAX,
			  "the device is in no IOMMU group: no IOMMU is in front of it, or its driver is off");
		return IOMMU_PT_STATUS_REFUSED;
	}
	if (satisfies(now, policy)) {
		say_unheeded(pt, reason);
		return IOMMU_PT_STATUS_APPLIED;
	}
	return explain(pt, &view, now, reason);
}

static enum iommu_pt_status judge(struct pt_device *pt, enum domain_type now,
				  char *reason)
{
	enum iommu_pt_status status;

	lockdep_assert_held(&registry_lock);
	*reason = '\0';
	status = judge_enforced(pt, now, reason);
	if (pt_mode != IOMMU_PT_MODE_OBSERVE ||
	    status == IOMMU_PT_STATUS_NONE)
		return status;

	/* What stands in the way of enforcing is worth to be said as it is. */
	if (status == IOMMU_PT_STATUS_APPLIED && !*reason)
		scnprintf(reason, PT_REASON_MAX,
			  "the domain is already as asked for");
	else if (status == IOMMU_PT_STATUS_PENDING)
		scnprintf(reason, PT_REASON_MAX,
			  "in mode enforce, the domain would become %s",
			  policy_name(policy_of(pt)));
	return IOMMU_PT_STATUS_OBSERVED;
}

/* Do vfio or iommufd have the group, with a domain of their own? */
static bool is_users(const struct pt_group *group, enum domain_type now)
{
	struct view view;

	if (!group->grp)
		return false;
	view_group(group, &view);
	return now == DOMAIN_UNMANAGED ||
	       (view.only_managed && domain_is_owned(group->grp));
}

/* What the group's domain promises, of whoever heeds it. */
static enum iommu_pt_effective promise_of(enum domain_type now)
{
	switch (now) {
	case DOMAIN_IDENTITY:
		return IOMMU_PT_EFFECTIVE_PASSTHROUGH;
	case DOMAIN_DMA:
		return IOMMU_PT_EFFECTIVE_STRICT;
	case DOMAIN_DMA_FQ:
		return IOMMU_PT_EFFECTIVE_LAZY;
	case DOMAIN_BLOCKED:
		return IOMMU_PT_EFFECTIVE_BLOCKED;
	default:
		return IOMMU_PT_EFFECTIVE_UNKNOWN;
	}
}

/*
 * A virtio device that was not offered VIRTIO_F_ACCESS_PLATFORM heeds no
 * domain, so that whoever relies on one is told, a userspace driver too.
 */
static enum iommu_pt_effective effective_of(const struct pt_device *pt,
					    enum domain_type now, bool user)
{
	enum iommu_pt_effective promise = user ? IOMMU_PT_EFFECTIVE_USER :
						 promise_of(now);

	if (!pt->group->grp)
		return IOMMU_PT_EFFECTIVE_NONE;
	if (!pt->virtio || promise == IOMMU_PT_EFFECTIVE_PASSTHROUGH ||
	    promise == IOMMU_PT_EFFECTIVE_UNKNOWN)
		return promise;
	switch (pt->virtio_access) {
	case IOMMU_PT_VIRTIO_ACCESS_OFFERED:
		return promise;
	case IOMMU_PT_VIRTIO_ACCESS_ABSENT:
		return IOMMU_PT_EFFECTIVE_BYPASS;
	default:
		return IOMMU_PT_EFFECTIVE_UNKNOWN;
	}
}

/* What is worth to be known of a decision, where all went well. */
static void say_of_rules(const struct pt_device *pt, char *reason)
{
	if (decision_is_contradictory(pt))
		scnprintf(reason, PT_REASON_MAX,
			  "hints contradict one another (smbios: %s, property: %s, fw_cfg: %s; auto is no word); the strictest is taken",
			  policy_name(pt->words[IOMMU_PT_CHANNEL_SMBIOS]),
			  policy_name(pt->words[IOMMU_PT_CHANNEL_PROPERTY]),
			  policy_name(pt->words[IOMMU_PT_CHANNEL_FW_CFG]));
	else if (pt->by_seal)
		scnprintf(reason, PT_REASON_MAX,
			  "sealed: a rule of the time of the seal decides, because those of now are less strict");
}

static void fill_report(struct pt_device *pt, enum domain_type now,
			struct pt_report *report)
{
	lockdep_assert_held(&registry_lock);
	report->group_id = pt->group->id;
	strscpy(report->driver,
		pt->driver ?: (pt->bound ? "(unknown)" : ""),
		sizeof(report->driver));
	report->policy = policy_of(pt);
	report->rule = policy_rule_get(pt->rule);
	report->status = judge(pt, now, report->reason);
	if (!report->reason[0])
		say_of_rules(pt, report->reason);
	report->user = is_users(pt->group, now);
	report->effective = effective_of(pt, now, report->user);
	report->external = pt->external;
	report->virtio = pt->virtio;
	report->virtio_access = pt->virtio_access;
}

void group_report(struct pt_device *pt, struct pt_report *report)
{
	enum domain_type now = DOMAIN_UNKNOWN;

	pt_device_try_virtio(pt);
	if (pt->group->grp)
		now = domain_read(pt->group->grp);
	mutex_lock(&registry_lock);
	fill_report(pt, now, report);
	mutex_unlock(&registry_lock);
}

void group_report_done(struct pt_report *report)
{
	policy_rule_put(report->rule);
}

/* For whoever reads the log and listens to no events. */
static void log_status(const struct pt_device *pt,
		       const struct pt_report *report)
{
	bool forced = report->rule && report->rule->rule.force;

	switch (report->status) {
	case IOMMU_PT_STATUS_CONFLICT:
	case IOMMU_PT_STATUS_REFUSED:
		dev_warn(pt->dev, "iommu_pt: %s %s: %s\n",
			 policy_name(report->policy),
			 status_name(report->status), report->reason);
		break;
	case IOMMU_PT_STATUS_APPLIED:
		if (pt->external && forced)
			dev_warn(pt->dev,
				 "iommu_pt: external device in %s by force=yes\n",
				 policy_name(report->policy));
		if (report->effective == IOMMU_PT_EFFECTIVE_BYPASS)
			dev_warn(pt->dev, "iommu_pt: %s in name only: %s\n",
				 policy_name(report->policy), report->reason);
		break;
	default:
		break;
	}
}

static void log_contradiction(const struct pt_device *pt)
{
	char reason[PT_REASON_MAX];

	say_of_rules(pt, reason);
	dev_warn(pt->dev, "iommu_pt: %s\n", reason);
}

static void tell(struct pt_device *pt, enum domain_type now)
{
	bool contradiction = decision_is_contradictory(pt);
	struct pt_report report;
	int tier;

	fill_report(pt, now, &report);
	tier = report.rule ? (int)report.rule->tier : -1;
	if (report.policy != pt->told_policy || tier != pt->told_tier ||
	    contradiction != pt->told_contradiction)
		netlink_tell(pt, IOMMU_PT_EVENT_DECISION, &report);
	if (contradiction && !pt->told_contradiction)
		log_contradiction(pt);
	if (report.status != pt->told_status) {
		netlink_tell(pt, IOMMU_PT_EVENT_STATUS, &report);
		log_status(pt, &report);
	}
	pt->told_policy = report.policy;
	pt->told_tier = tier;
	pt->told_contradiction = contradiction;
	pt->told_status = report.status;
	group_report_done(&report);
}

/* Events for what is new since the last time. */
static void tell_members(struct pt_group *group, enum domain_type now)
{
	struct pt_device *pt;

	lockdep_assert_held(&group->lock);
	mutex_lock(&registry_lock);
	list_for_each_entry(pt, &group->members, member)
		tell(pt, now);
	mutex_unlock(&registry_lock);
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
