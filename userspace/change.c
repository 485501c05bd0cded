// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "device.h"
#include "inuse.h"
#include "msg.h"
#include "names.h"
#include "ptctl.h"
#include "unread.h"
#include "view.h"

bool change_rebind_arg(struct change *change, const char *word)
{
	if (!word || !strcmp(word, "idle"))
		change->rebind = REBIND_IDLE;
	else if (!strcmp(word, "force"))
		change->rebind = REBIND_FORCE;
	else
		return false;
	return true;
}

int worse_status(int a, int b)
{
	static const int rank[] = {
		[PTCTL_DONE] = 0, [PTCTL_FINDINGS] = 1, [PTCTL_BUSY] = 2,
		[PTCTL_UNSUPPORTED] = 3, [PTCTL_USAGE] = 4, [PTCTL_FAILED] = 5,
	};

	return rank[a] > rank[b] ? a : b;
}

int change_open(struct change *change)
{
	int ret = kernel_require(&change->kernel);

	return ret ? ret : kernel_require_on(change->kernel);
}

void change_free(struct change *change)
{
	devs_free(&change->devs);
	kernel_close(change->kernel);
	change->kernel = NULL;
}

/* ---- which devices ---- */

static int no_group(const struct dev *dev)
{
	return msg_fail(PTCTL_UNSUPPORTED,
			"%s: is in no IOMMU group: no IOMMU is between it and memory, there is nothing to decide; nothing was changed",
			dev->label);
}

static int unserved(const struct dev *dev)
{
	char *why = view_unserved(dev);
	int ret = msg_fail(PTCTL_UNSUPPORTED, "%s: %s", dev->label, why);

	free(why);
	return ret;
}

static int add_one(struct change *change, struct dev *dev)
{
	int err;

	if (devs_find(&change->devs, dev->bus, dev->name)) {
		dev_free(dev);
		return PTCTL_DONE;
	}
	err = kernel_dev(change->kernel, dev);
	if (!err && dev->group >= 0) {
		devs_add(&change->devs, dev);
		return PTCTL_DONE;
	}
	if (dev->group < 0)
		err = no_group(dev);
	else if (!device_is_served(dev->bus))
		err = unserved(dev);
	else
		err = kernel_fail(change->kernel, err, dev->label);
	dev_free(dev);
	return err;
}

static int add_siblings(struct change *change, long group)
{
	struct devs members = { 0 };
	int ret = PTCTL_DONE;
	size_t i;

	device_group(group, &members);
	for (i = 0; i < members.count; i++) {
		if (!ret)
			ret = add_one(change, &members.at[i]);
		else
			dev_free(&members.at[i]);
	}
	members.count = 0;	/* all of them were taken over */
	devs_free(&members);
	return ret;
}

int change_add(struct change *change, struct dev *dev)
{
	long group = dev->group;
	int ret = add_one(change, dev);

	if (!ret && change->group && group >= 0)
		ret = add_siblings(change, group);
	return ret;
}

/* ---- the guard ---- */

/* The module knows that these do no DMA of their own. */
static bool has_driver(const struct dev *dev)
{
	return dev->driver && strcmp(dev->driver, "pcieport") &&
	       strcmp(dev->driver, "pci-stub");
}

/* What its DMA does, or would, if it is one that does not obey its domain. */
static unsigned int domain_of(const struct dev *dev)
{
	unsigned int domain;
	char *type;

	if (dev->virtio != RULE_YES || dev->group < 0)
		return dev->effective;
	type = device_group_type(dev->group);
	domain = view_effective(type);
	free(type);
	return domain;
}

/* By the kernel's own answer, which knows of domains that say nothing here. */
static bool has_already(const struct dev *dev, unsigned int policy)
{
	return dev->policy == policy &&
	       (dev->status == IOMMU_PT_STATUS_APPLIED ||
		(policy == IOMMU_PT_POLICY_AUTO &&
		 dev->status == IOMMU_PT_STATUS_NONE));
}

static bool needs_nothing(const struct dev *dev, unsigned int policy)
{
	return has_already(dev, policy) ||
	       dev_satisfied(domain_of(dev), policy);
}

/* DMA to DMA-FQ is the one step that a bound driver does not stand against. */
static bool needs_release(const struct dev *dev, unsigned int policy)
{
	return has_driver(dev) && !needs_nothing(dev, policy) &&
	       !(policy == IOMMU_PT_POLICY_LAZY &&
		 domain_of(dev) == IOMMU_PT_EFFECTIVE_STRICT);
}

/* Return: how many users @dev has, after naming them. */
static size_t name_users(const struct dev *dev)
{
	struct strings users = { 0 };
	size_t count, i;

	if (dev->syspath)
		inuse_look(dev, &users);
	count = users.count;
	for (i = 0; i < count; i++)
		msg_err("%s: in use: %s", dev->label, users.at[i]);
	strings_free(&users);
	return count;
}

int change_guard_dev(const struct dev *dev, const char *override)
{
	if (!has_driver(dev) || !name_users(dev))
		return PTCTL_DONE;
	return msg_fail(PTCTL_BUSY,
			"%s: driver %s is not released while it is in use; stop what uses it, or override with %s",
			dev->label, dev->driver, override);
}

static int guard_one(const struct dev *dev)
{
	return change_guard_dev(dev, "--rebind=force");
}

int change_guard(const struct change *change, unsigned int policy)
{
	int ret = PTCTL_DONE;
	size_t i;

	if (unread_any())	/* of the devices themselves, which has been said */
		return msg_fail(PTCTL_FAILED, "nothing was changed");
	if (change->rebind != REBIND_IDLE)
		return PTCTL_DONE;
	for (i = 0; i < change->devs.count; i++)
		if (needs_release(&change->devs.at[i], policy))
			ret = worse_status(ret,
					   guard_one(&change->devs.at[i]));
	if (ret)
		msg_err("nothing was changed");
	return ret;
}

static void preview_one(const struct dev *dev, unsigned int policy,
			bool rebind)
{
	if (needs_release(dev, policy))
		msg_out("%s: is %s; driver %s must be released%s", dev->label,
			dev_effective_word(dev), dev->driver,
			rebind ? ", and is attached again" : " (--rebind does)");
	else if (needs_nothing(dev, policy))
		msg_out("%s: is %s, nothing to do", dev->label,
			dev_effective_word(dev));
	else
		msg_out("%s: is %s, changes at once", dev->label,
			dev_effective_word(dev));
}

void change_preview(const struct change *change, unsigned int policy)
{
	size_t i;

	for (i = 0; i < change->devs.count; i++)
		preview_one(&change->devs.at[i], policy, change->rebind);
}

/* ---- rebind ---- */

/**
 * struct siblings - drivers of the group that stand in the way as well
 * @named: some are of devices that are about to change too
 * @other: one that is not, or NULL
 */
struct siblings {
	bool named;
	struct dev *other;
};

static void look_at_siblings(const struct change *change,
			     const struct dev *dev, const struct devs *members,
			     struct siblings *siblings)
{
	size_t i;

	memset(siblings, 0, sizeof(*siblings));
	for (i = 0; i < members->count; i++) {
		struct dev *member = &members->at[i];

		if (!has_driver(member) || !strcmp(member->label, dev->label))
			continue;
		if (devs_find(&change->devs, member->bus, member->name))
			siblings->named = true;
		else
			siblings->other = member;
	}
}

static int guard_all(const struct devs *members)
{
	int ret = PTCTL_DONE;
	size_t i;

	for (i = 0; i < members->count; i++)
		ret = worse_status(ret, guard_one(&members->at[i]));
	return ret;
}

static int other_in_way(const struct dev *dev, const struct dev *other)
{
	return msg_fail(PTCTL_BUSY,
			"%s: %s, pending: driver %s of its group sibling %s must be released as well; add --group, or unbind it",
			dev->label, dev_policy_word(dev), other->driver,
			other->label);
}

/* What was asked for is done, and the kernel does not say what came of it. */
static int cannot_tell(const struct change *change, const struct dev *dev,
		       const char *done, int err)
{
	if (err == -ENODEV)
		return kernel_fail(change->kernel, err, dev->label);
	return msg_fail(PTCTL_FAILED,
			"%s: %s, but how it is now cannot be read: %s; see: ptctl show %s",
			dev->label, done, strerror(-err), dev->label);
}

static int rebind_now(struct change *change, struct dev *dev, bool group)
{
	char *driver = xstrdup(dev->driver ? dev->driver : "none");
	int err, ret;

	err = kernel_rebind(change->kernel, dev, group);
	ret = err ? kernel_fail(change->kernel, err, dev->label) : PTCTL_DONE;
	err = kernel_dev(change->kernel, dev);
	if (err && !ret)
		ret = cannot_tell(change, dev, "rebound", err);
	else if (!err && ret)
		msg_err("%s: its driver was %s, now it is %s; effective is %s, status %s%s%s",
			dev->label, driver, dev->driver ? dev->driver : "none",
			dev_effective_word(dev), dev_status_word(dev),
			dev->reason ? ": " : "", dev->reason ? dev->reason : "");
	free(driver);
	return ret;
}

/* @dev is as it is afterwards, also after a failure. */
static int rebind(struct change *change, struct dev *dev)
{
	struct siblings siblings;
	struct devs members = { 0 };
	bool group;
	int ret = PTCTL_DONE;

	device_group(dev->group, &members);
	look_at_siblings(change, dev, &members, &siblings);
	group = change->group || siblings.named;
	if (siblings.other && !change->group)
		ret = other_in_way(dev, siblings.other);
	else if (change->rebind == REBIND_IDLE)
		ret = group ? guard_all(&members) : guard_one(dev);
	if (!ret)
		ret = rebind_now(change, dev, group);
	devs_free(&members);
	return ret;
}

/* ---- the report ---- */

static const char *reason_of(const struct dev *dev)
{
	return dev->reason ? dev->reason : "the kernel gives no reason";
}

static int report_applied(const struct dev *before, const struct dev *now)
{
	bool obeys = now->policy == IOMMU_PT_POLICY_AUTO ||
		     dev_satisfied(now->effective, now->policy);

	if (!obeys)
		msg_out("%s: %s, applied, but effective is %s%s%s", now->label,
			dev_policy_word(now), dev_effective_word(now),
			now->reason ? ": " : "",
			now->reason ? now->reason : "");
	else if (before->effective == now->effective)
		msg_out("%s: %s, applied", now->label, dev_policy_word(now));
	else
		msg_out("%s: %s, applied (was %s)", now->label,
			dev_policy_word(now), dev_effective_word(before));
	return PTCTL_DONE;
}

static int report_refused(const struct dev *now)
{
	const char *reason = reason_of(now);
	bool cannot = !strncasecmp(reason, "this kernel", 11);

	return msg_fail(cannot ? PTCTL_UNSUPPORTED : PTCTL_FAILED,
			"%s: %s, refused: %s", now->label,
			dev_policy_word(now), reason);
}

static int report_pending(const struct dev *now)
{
	if (now->reason)
		return msg_fail(PTCTL_BUSY, "%s: %s, pending: %s", now->label,
				dev_policy_word(now), now->reason);
	return msg_fail(PTCTL_BUSY,
			"%s: %s, pending: driver %s is bound; add --rebind, or unbind it",
			now->label, dev_policy_word(now),
			now->driver ? now->driver : "of a sibling");
}

static int report(const struct dev *before, const struct dev *now)
{
	switch (now->status) {
	case IOMMU_PT_STATUS_APPLIED:
		return report_applied(before, now);
	case IOMMU_PT_STATUS_PENDING:
		return report_pending(now);
	case IOMMU_PT_STATUS_CONFLICT:
		return msg_fail(PTCTL_FAILED,
				"%s: %s, conflict: %s; to decide for all devices of the group: --group",
				now->label, dev_policy_word(now),
				reason_of(now));
	case IOMMU_PT_STATUS_REFUSED:
		return report_refused(now);
	case IOMMU_PT_STATUS_OBSERVED:
		msg_out("%s: %s, observed: the module is in mode observe and changes nothing",
			now->label, dev_policy_word(now));
		return PTCTL_DONE;
	default:
		msg_out("%s: no rule decides; is %s", now->label,
			dev_effective_word(now));
		return PTCTL_DONE;
	}
}

static int finish_one(struct change *change, const struct dev *before)
{
	struct dev now;
	bool rebound;
	int err, ret = PTCTL_DONE;

	dev_init(&now, before->bus, before->name);
	now.syspath = xstrdup(before->syspath);
	err = kernel_dev(change->kernel, &now);
	if (err)
		ret = cannot_tell(change, before, "done", err);

	rebound = !err && change->rebind &&
		  now.status == IOMMU_PT_STATUS_PENDING;
	if (rebound)
		ret = rebind(change, &now);
	if (!ret && rebound && now.status == IOMMU_PT_STATUS_PENDING)
		ret = msg_fail(PTCTL_BUSY,
			       "%s: %s, still pending after a rebind: the kernel did not change the domain, see dmesg",
			       now.label, dev_policy_word(&now));
	else if (!ret)
		ret = report(before, &now);
	dev_free(&now);
	return ret;
}

int change_finish(struct change *change)
{
	int ret = PTCTL_DONE;
	size_t i;

	for (i = 0; i < change->devs.count; i++)
		ret = worse_status(ret, finish_one(change,
						   &change->devs.at[i]));
	return ret;
}
