// SPDX-License-Identifier: GPL-2.0
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/utsname.h>
#include "compat.h"
#include "decision.h"
#include "device.h"
#include "domain.h"
#include "mode.h"
#include "names.h"
#include "netlink.h"
#include "policy.h"
#include "report.h"
#include "strict.h"
#include "verdict.h"

/* It counts as bound for what its driver left behind (leftover.h). */
static bool is_released(const struct pt_device *pt)
{
	return COMPAT_NVME_FREES_LATE && !READ_ONCE(pt->dev->driver);
}

static void say_owned(const struct pt_group *group, const struct pt_view *view,
		      const struct pt_device *pt, char *reason)
{
	if (!view->blocker)
		scnprintf(reason, PT_REASON_MAX,
			  "group %d is in use, perhaps by vfio; it changes when that ends",
			  group->id);
	else if (view->blocker == pt && is_released(pt))
		scnprintf(reason, PT_REASON_MAX,
			  "driver %s has not freed all of its memory; the domain changes when what has a disk or node of it open closes that",
			  pt->driver ?: "(unknown)");
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

static void say_refused(const struct pt_group *group, const struct pt_view *view,
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
				    const struct pt_view *view,
				    enum domain_type now, char *reason)
{
	const struct pt_group *group = pt->group;
	enum iommu_pt_policy policy = verdict_policy_of(pt);

	if (verdict_is_fenced(pt) && (policy == IOMMU_PT_POLICY_PASSTHROUGH ||
			      verdict_is_free_change(now, policy))) {
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
	if (view->fenced && verdict_is_free_change(now, view->verdict)) {
		scnprintf(reason, PT_REASON_MAX,
			  "%s in the same group %d is external (untrusted or removable)",
			  dev_name(view->fenced->dev), group->id);
		return IOMMU_PT_STATUS_REFUSED;
	}
	if (view->unasked && !group->changed &&
	    verdict_is_free_change(now, view->verdict)) {
		scnprintf(reason, PT_REASON_MAX,
			  "%s in the same group %d does not ask for %s, and would become less strict",
			  dev_name(view->unasked->dev), group->id,
			  policy_name(view->verdict));
		return IOMMU_PT_STATUS_CONFLICT;
	}
	if (verdict_is_beyond_core(view)) {
		scnprintf(reason, PT_REASON_MAX,
			  "this kernel (%s) cannot change group %d because it has %u devices; use Linux 6.4 or later, or boot with iommu.passthrough=1",
			  utsname()->release, group->id, view->members);
		return IOMMU_PT_STATUS_REFUSED;
	}
	if (group->error && group->error != -EPERM && group->error != -EBUSY) {
		say_refused(group, view, now, reason);
		return IOMMU_PT_STATUS_REFUSED;
	}
	if (verdict_is_sealed_change(group, view, now))
		return say_sealed(now, reason);
	say_owned(group, view, pt, reason);
	return IOMMU_PT_STATUS_PENDING;
}

/* Applied, but in name only, or nobody knows. */
static void say_unheeded(const struct pt_device *pt, char *reason)
{
	if (!pt->virtio || verdict_policy_of(pt) == IOMMU_PT_POLICY_PASSTHROUGH ||
	    verdict_policy_of(pt) == IOMMU_PT_POLICY_AUTO)
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
	enum iommu_pt_policy policy = verdict_policy_of(pt);
	struct pt_view view;

	/* That what they said before is met says nothing of what they say now. */
	if (pt->undecided) {
		scnprintf(reason, PT_REASON_MAX,
			  "out of memory to ask the rules; try again when there is some");
		return IOMMU_PT_STATUS_REFUSED;
	}
	verdict_view(pt->group, &view);
	if (policy == IOMMU_PT_POLICY_AUTO && verdict_is_left_over(pt->group, &view, now)) {
		if (verdict_is_sealed_change(pt->group, &view, now))
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
	if (verdict_is_met(now, policy)) {
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
			  policy_name(verdict_policy_of(pt)));
	return IOMMU_PT_STATUS_OBSERVED;
}

/* Do vfio or iommufd have the group, with a domain of their own? */
static bool is_users(const struct pt_group *group, enum domain_type now)
{
	struct pt_view view;

	if (!group->grp)
		return false;
	verdict_view(group, &view);
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
		is_released(pt) ? "" : pt->driver ?: (pt->bound ? "(unknown)" : ""),
		sizeof(report->driver));
	report->policy = verdict_policy_of(pt);
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

void report_make(struct pt_device *pt, struct pt_report *report)
{
	enum domain_type now = DOMAIN_UNKNOWN;

	pt_device_try_virtio(pt);
	if (pt->group->grp)
		now = domain_read(pt->group->grp);
	mutex_lock(&registry_lock);
	fill_report(pt, now, report);
	mutex_unlock(&registry_lock);
}

/* For whoever reads the log and listens to no events. */
static void log_status(const struct pt_device *pt,
		       const struct pt_report *report)
{
	switch (report->status) {
	case IOMMU_PT_STATUS_CONFLICT:
	case IOMMU_PT_STATUS_REFUSED:
		dev_warn(pt->dev, "iommu_pt: %s %s: %s\n",
			 policy_name(report->policy),
			 status_name(report->status), report->reason);
		break;
	case IOMMU_PT_STATUS_APPLIED:
		if (report->effective == IOMMU_PT_EFFECTIVE_BYPASS)
			dev_warn(pt->dev, "iommu_pt: %s in name only: %s\n",
				 policy_name(report->policy), report->reason);
		break;
	default:
		break;
	}
}

static bool is_forced(const struct pt_device *pt,
		      const struct pt_report *report)
{
	return pt->external && report->rule && report->rule->rule.force &&
	       report->status == IOMMU_PT_STATUS_APPLIED;
}

static void log_forced(const struct pt_device *pt,
		       const struct pt_report *report)
{
	dev_warn(pt->dev, "iommu_pt: external device in %s by force=yes\n",
		 policy_name(report->policy));
}

static void log_contradiction(const struct pt_device *pt)
{
	char reason[PT_REASON_MAX];

	say_of_rules(pt, reason);
	dev_warn(pt->dev, "iommu_pt: %s\n", reason);
}

/* No rule and the kernel's own choice of a domain, and so it was. */
static bool is_nothing_new(const struct pt_device *pt)
{
	return !pt->rule && !pt->group->changed && pt->told_tier < 0 &&
	       pt->told_status == IOMMU_PT_STATUS_NONE;
}

static void tell(struct pt_device *pt, enum domain_type now)
{
	bool contradiction = decision_is_contradictory(pt);
	struct pt_report report;
	bool forced;
	int tier;

	if (is_nothing_new(pt))
		return;
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
	forced = is_forced(pt, &report);
	if (forced && (!pt->told_forced || report.policy != pt->told_policy))
		log_forced(pt, &report);
	pt->told_policy = report.policy;
	pt->told_tier = tier;
	pt->told_contradiction = contradiction;
	pt->told_status = report.status;
	pt->told_forced = forced;
	report_done(&report);
}

void report_removed(struct pt_device *pt)
{
	struct pt_report report = {
		.group_id = pt->group->id,
		.status = IOMMU_PT_STATUS_NONE,
		.effective = IOMMU_PT_EFFECTIVE_UNKNOWN,
		.external = pt->external,
		.virtio = pt->virtio,
	};

	mutex_lock(&registry_lock);
	report.policy = verdict_policy_of(pt);
	report.rule = policy_rule_get(pt->rule);
	report.virtio_access = pt->virtio_access;
	mutex_unlock(&registry_lock);
	netlink_tell(pt, IOMMU_PT_EVENT_REMOVED, &report);
	report_done(&report);
}

void report_tell(struct pt_group *group, enum domain_type now)
{
	struct pt_device *pt;

	lockdep_assert_held(&group->lock);
	mutex_lock(&registry_lock);
	list_for_each_entry(pt, &group->members, member)
		tell(pt, now);
	mutex_unlock(&registry_lock);
}
