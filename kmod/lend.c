// SPDX-License-Identifier: GPL-2.0
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/init.h>
#include <linux/kmod.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include "device.h"
#include "group.h"
#include "lend.h"
#include "override.h"
#include "rebind.h"
#include "refusal.h"
#include "report.h"

#define BORROWER	"vfio-pci"
#define ATTEMPTS	3		/* to give a device back */
#define PAUSE_MS	100

/**
 * struct loan - a device that vfio-pci has, will have or had
 * @list: in @loans; loans_lock
 * @work: runs when it begins, and when it is over
 * @pt: the device; a reference
 * @portid: the borrower
 * @over: it is to be given back, or never came about; loans_lock
 * @begun: @work has had its first run; written by @work, loans_lock
 * @lent: vfio-pci has it, and had it not before; of @work alone
 * @holds_group: it is the loan that keeps the group's domain; of @work alone
 * @drv: what it had, and has a reference to the module of, or NULL
 * @override: what driver_override said
 * @taking: who is told of the beginning
 * @returning: who is told of the end; loans_lock
 */
struct loan {
	struct list_head list;
	struct work_struct work;
	struct pt_device *pt;
	u32 portid;
	bool over;
	bool begun;
	bool lent;
	bool holds_group;
	struct device_driver *drv;
	char override[64];
	struct lend_reply taking;
	struct lend_reply returning;
};

/* Taken inside of all others, also of netlink's when a borrower's socket closes. */
static DEFINE_MUTEX(loans_lock);
static LIST_HEAD(loans);

/* One loan at a time begins or ends. */
static struct workqueue_struct *clerk;

/* ---- the drivers ---- */

static bool borrower_has(struct device *dev)
{
	bool has;

	device_lock(dev);
	has = dev->driver && !strcmp(dev->driver->name, BORROWER);
	device_unlock(dev);
	return has;
}

/* Its module stays, so that it can be attached again. */
static int note_driver(struct loan *loan)
{
	struct device *dev = loan->pt->dev;
	int ret = 0;

	device_lock(dev);
	loan->drv = dev->driver;
	if (loan->drv && !try_module_get(loan->drv->owner)) {
		loan->drv = NULL;
		ret = -EBUSY;
	}
	device_unlock(dev);
	return ret;
}

/* While the group is held: a rebind would have released the driver for a moment. */
static int note_what_it_had(struct loan *loan)
{
	return override_read(loan->pt->dev, loan->override, sizeof(loan->override)) ?:
	       note_driver(loan);
}

/* Not what somebody else has written meanwhile. */
static int restore_override(struct loan *loan)
{
	struct device *dev = loan->pt->dev;
	char now[sizeof(loan->override)];
	int ret;

	ret = override_read(dev, now, sizeof(now));
	if (!ret && !strcmp(now, BORROWER))
		ret = override_write(dev, loan->override);
	return ret;
}

static int restore_once(struct loan *loan)
{
	int ret = restore_override(loan);

	if (!ret && loan->drv)
		ret = rebind_attach(loan->pt->dev, loan->drv);
	return ret;
}

/* What it had before; as often as it takes for a moment's lack of memory. */
static int restore(struct loan *loan)
{
	struct device *dev = loan->pt->dev;
	int ret, n;

	if (borrower_has(dev))
		device_release_driver(dev);
	ret = restore_once(loan);
	for (n = 1; ret && n < ATTEMPTS && device_is_registered(dev); n++) {
		msleep(PAUSE_MS);
		ret = restore_once(loan);
	}
	return ret;
}

/* ---- the group ---- */

/* The one that keeps the domain for this and its siblings, or NULL. */
static struct loan *keeper_of(const struct loan *loan)
{
	struct loan *other;

	lockdep_assert_held(&loans_lock);
	list_for_each_entry(other, &loans, list)
		if (other->holds_group && other->pt->group == loan->pt->group)
			return other;
	return NULL;
}

static bool hold_group(struct loan *loan)
{
	struct loan *keeper;

	mutex_lock(&loans_lock);
	keeper = keeper_of(loan);
	mutex_unlock(&loans_lock);
	if (keeper)
		return keeper->portid == loan->portid;
	loan->holds_group = rebind_begin(loan->pt->group);
	return loan->holds_group;
}

/* A sibling's loan takes over; without one the rules have the group again. */
static void let_go_of_group(struct loan *loan)
{
	struct loan *other, *heir = NULL;

	if (!loan->holds_group)
		return;
	loan->holds_group = false;
	mutex_lock(&loans_lock);
	list_for_each_entry(other, &loans, list)
		if (other != loan && other->begun && other->pt->group == loan->pt->group)
			heir = other;
	if (heir)
		heir->holds_group = true;
	mutex_unlock(&loans_lock);
	if (!heir)
		rebind_end(loan->pt->group);
}

/* Does userspace have the group open? Yes, if there is no memory to tell. */
static bool is_users(struct pt_device *pt)
{
	struct pt_report *report = kmalloc(sizeof(*report), GFP_KERNEL);
	bool is = true;

	if (report) {
		report_make(pt, report);
		is = report->user;
		report_done(report);
	}
	kfree(report);
	return is;
}

/* ---- the beginning of a loan ---- */

static void hand_over(struct loan *loan, struct rebind_result *result)
{
	struct device *dev = loan->pt->dev;
	const char *name = dev_name(dev);
	int ret;

	ret = note_what_it_had(loan);
	if (ret) {
		rebind_fail(result, ret, "the driver of %s cannot be kept for later (error %d); nothing was released",
			    name, ret);
		return;
	}
	ret = override_write(dev, BORROWER);
	if (ret) {
		rebind_fail(result, ret, "driver_override of %s cannot be written (error %d); nothing was released",
			    name, ret);
		return;
	}
	device_release_driver(dev);
	ret = device_attach(dev);
	loan->lent = borrower_has(dev);
	if (loan->lent)
		return;
	rebind_fail(result, ret < 0 ? ret : -ENODEV,
		    "driver " BORROWER " does not bind to %s (error %d); is there a module of that name?",
		    name, ret < 0 ? ret : -ENODEV);
	ret = restore(loan);
	if (ret)
		rebind_fail(result, ret, "driver " BORROWER " does not bind to %s, nor does its own any more (error %d)",
			    name, ret);
}

static void begin(struct loan *loan, struct rebind_result *result)
{
	struct device *dev = loan->pt->dev;
	const char *name = dev_name(dev);

	request_module(BORROWER);
	if (!hold_group(loan))
		rebind_fail(result, -EBUSY, "the group of %s is being rebound, or lent to somebody else; try again",
			    name);
	/* vfio-pci's remove waits for userspace to let go, maybe forever. */
	else if (is_users(loan->pt))
		rebind_fail(result, -EBUSY, "a userspace driver has %s, or a sibling in its group",
			    name);
	else if (!borrower_has(dev))
		hand_over(loan, result);
}

/* ---- its end ---- */

static void give_back(struct loan *loan, struct rebind_result *result)
{
	const char *driver = loan->drv ? loan->drv->name : "none";
	struct device *dev = loan->pt->dev;
	int ret = restore(loan);

	loan->lent = false;
	if (!ret && !loan->returning.tell)
		dev_notice(dev, "iommu_pt: whoever had it from driver %s is gone; it is back\n",
			   driver);
	if (!ret)
		return;
	if (!device_is_registered(dev)) {
		rebind_fail(result, -ENODEV, "%s is gone", dev_name(dev));
		return;
	}
	rebind_fail(result, ret, "driver %s does not bind to %s any more (error %d)",
		    driver, dev_name(dev), ret);
	dev_err(dev, "iommu_pt: %s\n", result->message);
}

static void tell(const struct lend_reply *reply, struct loan *loan,
		 const struct rebind_result *result)
{
	if (reply->tell)
		reply->tell(loan->pt, result, reply->data);
}

/* Told last, so that who hears of it can ask for the device again. */
static void finish(struct loan *loan, struct rebind_result *result)
{
	if (loan->lent)
		give_back(loan, result);
	let_go_of_group(loan);
	mutex_lock(&loans_lock);
	list_del(&loan->list);
	mutex_unlock(&loans_lock);
	tell(&loan->returning, loan, result);
	if (loan->drv)
		module_put(loan->drv->owner);
	pt_device_put(loan->pt);
	kfree(loan);
	/* Not the last thing that this code does: lend_exit() waits for that. */
	module_put(THIS_MODULE);
}

/* Return: whether it ended before its turn came, and nothing is queued for that */
static bool ended_early(struct loan *loan)
{
	bool early;

	mutex_lock(&loans_lock);
	early = loan->over;
	loan->begun = true;
	mutex_unlock(&loans_lock);
	return early;
}

/* Return: whether the work is queued for that already */
static bool is_over(struct loan *loan)
{
	bool queued;

	mutex_lock(&loans_lock);
	queued = loan->over;
	loan->over = true;
	mutex_unlock(&loans_lock);
	return queued;
}

/* The second time it runs, the loan is over: nobody queues it a third time. */
static void work(struct work_struct *item)
{
	struct loan *loan = container_of(item, struct loan, work);
	struct rebind_result result = {};

	if (loan->begun) {
		finish(loan, &result);
		return;
	}
	if (ended_early(loan)) {
		rebind_fail(&result, -ECANCELED, "%s was given back before its turn came",
			    dev_name(loan->pt->dev));
		queue_work(clerk, &loan->work);
	} else {
		begin(loan, &result);
	}
	if (!result.error || is_over(loan)) {
		tell(&loan->taking, loan, &result);
		return;
	}
	loan->returning = loan->taking;
	finish(loan, &result);
}

/* ---- requests ---- */

static int refuse(struct pt_device *pt, struct netlink_ext_ack *extack)
{
	struct device *dev = pt->dev;

	if (!pt->group->grp)
		refusal_say(extack, "%s is in no IOMMU group, so that vfio cannot have it",
			    dev_name(dev));
	else if (!dev_is_pci(dev) ||
		 to_pci_dev(dev)->hdr_type != PCI_HEADER_TYPE_NORMAL)
		refusal_say(extack, "%s is nothing that " BORROWER " can have",
			    dev_name(dev));
	else
		return 0;
	return -EOPNOTSUPP;
}

static struct loan *find(const struct pt_device *pt)
{
	struct loan *loan;

	lockdep_assert_held(&loans_lock);
	list_for_each_entry(loan, &loans, list)
		if (loan->pt == pt)
			return loan;
	return NULL;
}

static struct loan *make(struct pt_device *pt, u32 portid,
			 const struct lend_reply *reply)
{
	struct loan *loan = kzalloc(sizeof(*loan), GFP_KERNEL);

	if (!loan)
		return NULL;
	/* It may be on its way out, and netlink not closed yet. */
	if (!try_module_get(THIS_MODULE)) {
		kfree(loan);
		return NULL;
	}
	INIT_WORK(&loan->work, work);
	loan->pt = pt_device_get(pt);
	loan->portid = portid;
	loan->taking = *reply;
	return loan;
}

int lend(struct pt_device *pt, u32 portid, const struct lend_reply *reply,
	 struct netlink_ext_ack *extack)
{
	struct loan *loan = NULL;
	int ret = refuse(pt, extack);

	if (ret)
		return ret;
	mutex_lock(&loans_lock);
	if (find(pt)) {
		refusal_say(extack, "%s is lent already", dev_name(pt->dev));
		ret = -EBUSY;
	} else {
		loan = make(pt, portid, reply);
		if (!loan)
			ret = -ENOMEM;
	}
	if (loan) {
		list_add_tail(&loan->list, &loans);
		queue_work(clerk, &loan->work);
	}
	mutex_unlock(&loans_lock);
	return ret;
}

/* Before its first run the work is queued still: once more would not count. */
static void end(struct loan *loan)
{
	lockdep_assert_held(&loans_lock);
	loan->over = true;
	if (loan->begun)
		queue_work(clerk, &loan->work);
}

int lend_return(struct pt_device *pt, u32 portid,
		const struct lend_reply *reply, struct netlink_ext_ack *extack)
{
	struct loan *loan;
	int ret = 0;

	mutex_lock(&loans_lock);
	loan = find(pt);
	if (loan && loan->portid == portid && !loan->over) {
		loan->returning = *reply;
		end(loan);
	} else {
		refusal_say(extack, "%s is not lent to you", dev_name(pt->dev));
		ret = -ENOENT;
	}
	mutex_unlock(&loans_lock);
	return ret;
}

void lend_end(u32 portid)
{
	struct loan *loan;

	mutex_lock(&loans_lock);
	list_for_each_entry(loan, &loans, list)
		if (loan->portid == portid && !loan->over)
			end(loan);
	mutex_unlock(&loans_lock);
}

int __init lend_init(void)
{
	int ret = override_init();

	if (ret)
		return ret;
	clerk = alloc_ordered_workqueue("iommu_pt_lend", 0);
	if (!clerk)
		override_exit();
	return clerk ? 0 : -ENOMEM;
}

void lend_exit(void)
{
	destroy_workqueue(clerk);
	override_exit();
}
