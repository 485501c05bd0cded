// SPDX-License-Identifier: GPL-2.0
#include "leftover.h"

#if COMPAT_NVME_FREES_LATE

#include <linux/delay.h>
#include <linux/device.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include "device.h"

#define AWAIT_JIFFIES	(5 * HZ)
#define AWAIT_PAUSE_MS	5
#define LOOK_SOONEST	max(HZ / 100, 1)	/* jiffies, as the next */
#define LOOK_LATEST	HZ

/*
 * The driver's module is not held: it cannot go while a node is open, ends what is
 * asynchronous itself, and tells before its code is gone.
 */
struct leftover {
	struct list_head node;
	struct device *ctrl;	/* a reference, and by it one to @dev */
	struct device *dev;
	struct module *owner;
};

/*
 * Outside of registry_lock. The release of a controller, which takes locks of nvme and
 * none of ours, is done under it, so that who sees none knows that it is over.
 */
static DEFINE_MUTEX(leftover_lock);
static LIST_HEAD(leftovers);	/* leftover_lock */
static unsigned long pause;	/* before the next look; leftover_lock */

static void look(struct work_struct *work);
static DECLARE_DELAYED_WORK(look_work, look);

static void let_go(struct leftover *left)
{
	lockdep_assert_held(&leftover_lock);
	list_del(&left->node);
	put_device(left->ctrl);
	kfree(left);
}

/* Once nobody else has it, nobody can get it any more: it is on no list. */
static bool is_only_ours(const struct leftover *left)
{
	return kref_read(&left->ctrl->kobj.kref) == 1;
}

static void update(struct device *dev)
{
	struct pt_device *pt = pt_device_find(dev);

	if (pt)
		pt_device_unsettle(pt);
	pt_device_put(pt);
}

/* Nobody tells when a node is closed. Whose turn it is then lets go of it. */
static void look(struct work_struct *work)
{
	struct leftover *left;

	mutex_lock(&leftover_lock);
	list_for_each_entry(left, &leftovers, node)
		if (is_only_ours(left))
			update(left->dev);
	pause = min_t(unsigned long, 2 * pause, LOOK_LATEST);
	if (!list_empty(&leftovers))
		schedule_delayed_work(&look_work, pause);
	mutex_unlock(&leftover_lock);
}

static int is_controller(struct device *child, void *data)
{
	return child->class && !strcmp(child->class->name, "nvme");
}

void leftover_note(struct device *dev)
{
	struct leftover *left;
	struct device *ctrl;

	device_lock_assert(dev);
	ctrl = device_find_child(dev, NULL, is_controller);
	if (!ctrl)
		return;
	/* The driver goes whatever we say, and this is to know of it. */
	left = kmalloc(sizeof(*left), GFP_KERNEL | __GFP_NOFAIL);
	left->ctrl = ctrl;
	left->dev = dev;
	left->owner = dev->driver->owner;
	mutex_lock(&leftover_lock);
	list_add(&left->node, &leftovers);
	pause = LOOK_SOONEST;
	mod_delayed_work(system_wq, &look_work, pause);
	mutex_unlock(&leftover_lock);
}

bool leftover_remains(struct device *dev)
{
	struct leftover *left, *next;
	bool remains = false;

	mutex_lock(&leftover_lock);
	list_for_each_entry_safe(left, next, &leftovers, node) {
		if (left->dev != dev)
			continue;
		if (is_only_ours(left))
			let_go(left);
		else
			remains = true;
	}
	mutex_unlock(&leftover_lock);
	return remains;
}

bool leftover_await(struct device *dev)
{
	unsigned long end = jiffies + AWAIT_JIFFIES;

	while (leftover_remains(dev)) {
		if (time_after(jiffies, end))
			return false;
		msleep(AWAIT_PAUSE_MS);
	}
	return true;
}

void leftover_drop(struct device *dev)
{
	struct leftover *left, *next;

	mutex_lock(&leftover_lock);
	list_for_each_entry_safe(left, next, &leftovers, node)
		if (left->dev == dev)
			let_go(left);
	mutex_unlock(&leftover_lock);
}

/* Return: whether there is more, which never is if @anyway. */
static bool let_go_of(const struct module *module, bool anyway)
{
	struct leftover *left, *next;
	bool remains = false;

	mutex_lock(&leftover_lock);
	list_for_each_entry_safe(left, next, &leftovers, node) {
		if (left->owner != module)
			continue;
		if (anyway || is_only_ours(left)) {
			update(left->dev);
			let_go(left);
		} else {
			remains = true;
		}
	}
	mutex_unlock(&leftover_lock);
	return remains;
}

/*
 * Its exit is over, and with it all that held a controller but what is asynchronous;
 * its code is still there. To wait for all that is asynchronous could be to wait for
 * who waits for this chain of notifiers.
 */
static int watch_modules(struct notifier_block *nb, unsigned long state,
			 void *module)
{
	unsigned long end = jiffies + AWAIT_JIFFIES;

	if (state == MODULE_STATE_GOING)
		while (let_go_of(module, time_after(jiffies, end)))
			msleep(AWAIT_PAUSE_MS);
	return NOTIFY_OK;
}

static struct notifier_block modules_watcher = {
	.notifier_call = watch_modules,
};

int __init leftover_init(void)
{
	return register_module_notifier(&modules_watcher);
}

void leftover_exit(void)
{
	struct leftover *left, *next;

	unregister_module_notifier(&modules_watcher);
	cancel_delayed_work_sync(&look_work);
	mutex_lock(&leftover_lock);
	list_for_each_entry_safe(left, next, &leftovers, node)
		let_go(left);
	mutex_unlock(&leftover_lock);
}

#endif
