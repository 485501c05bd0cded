// SPDX-License-Identifier: GPL-2.0
#define pr_fmt(fmt) "iommu_pt: " fmt

#include <linux/amba/bus.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/fsl/mc.h>
#include <linux/host1x_context_bus.h>
#include <linux/init.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#ifdef CONFIG_CDX_BUS
#include <linux/cdx/cdx_bus.h>
#endif
#include "compat.h"
#include "device.h"
#include "early.h"
#include "group.h"
#include "leftover.h"
#include "mode.h"
#include "rebind.h"
#include "report.h"
#include "sysfs.h"
#include "watch.h"

/* The buses that the IOMMU core serves; its own list is the same. */
static compat_bus *const buses[] = {
	&platform_bus_type,
#ifdef CONFIG_PCI
	&pci_bus_type,
#endif
#ifdef CONFIG_ARM_AMBA
	&amba_bustype,
#endif
#ifdef CONFIG_FSL_MC_BUS
	&fsl_mc_bus_type,
#endif
#ifdef CONFIG_TEGRA_HOST1X_CONTEXT_BUS
	&host1x_context_device_bus_type,
#endif
#ifdef CONFIG_CDX_BUS
	&cdx_bus_type,
#endif
};

/* Behind the IOMMU core (priority 0) and the DMAR tables (1), and before all. */
static struct notifier_block watchers[ARRAY_SIZE(buses)];
static struct notifier_block early_watchers[ARRAY_SIZE(buses)];

/* ---- what the buses tell ---- */

static void forget(struct pt_device *pt)
{
	sysfs_device_remove(pt);
	pt_device_drop(pt);
}

/* A walk may find it at any time, even before the IOMMU core gave it a group. */
static struct pt_device *take(struct device *dev)
{
	struct pt_device *pt, *found;

	while ((pt = pt_device_add(dev, true)) == ERR_PTR(-EEXIST)) {
		found = pt_device_find(dev);
		if (found)
			forget(found);
		pt_device_put(found);
	}
	return pt;
}

static void on_add(struct device *dev)
{
	struct pt_device *pt;

	early_configure(dev, true);
	pt = take(dev);
	if (IS_ERR(pt))
		dev_err(dev, "iommu_pt: no memory to look after this device\n");
	if (IS_ERR_OR_NULL(pt))
		return;
	pt_device_try_virtio(pt);
	group_update_arriving(pt);
	sysfs_device_add(pt);
	pt_device_put(pt);
}

static void on_delete(struct device *dev)
{
	struct pt_device *pt = pt_device_find(dev);

	leftover_drop(dev);
	if (!pt)
		return;
	sysfs_device_remove(pt);
	pt_device_leave(pt);
	pt_device_put(pt);
}

static void on_removed(struct device *dev)
{
	struct pt_device *pt = pt_device_find(dev);

	if (!pt)
		return;
	if (pt_device_drop(pt)) {
		report_removed(pt);
		group_update_later(pt->group);
	}
	pt_device_put(pt);
}

static void on_bound(struct device *dev)
{
	struct pt_device *pt;

	pt_device_binding(dev);
	early_note_bound(dev);
	pt = pt_device_find(dev);
	if (pt ? pt_device_has_moved(pt) : device_iommu_mapped(dev))
		early_look_later();
	if (!pt)
		return;
	pt_device_ask_virtio(pt);
	/* Only the event of it is missing, and that can wait. */
	if (READ_ONCE(pt->rule))
		group_update_later(pt->group);
	pt_device_put(pt);
}

static void on_unbinding(struct device *dev)
{
	struct pt_device *pt = pt_device_find(dev);

	if (pt)
		leftover_note(dev);
	pt_device_put(pt);
}

/* @failed: a probe has, and the core lets go of the group only after this. */
static void on_unbound(struct device *dev, bool failed)
{
	struct pt_device *pt;

	/* Else leftover.c has the group updated, and it counts as bound until then. */
	if (!leftover_remains(dev))
		pt_device_unbound(dev);
	pt = pt_device_find(dev);
	if (!pt)
		return;
	pt_device_ask_virtio(pt);
	if (failed)
		pt_device_unsettle(pt);
	else
		group_update_unbound(pt);
	pt_device_put(pt);
}

/* device_lock is held for all of the driver's, and for none of the others. */
static int watch(struct notifier_block *nb, unsigned long action, void *data)
{
	struct device *dev = data;

	switch (action) {
	case BUS_NOTIFY_ADD_DEVICE:
		on_add(dev);
		break;
	case BUS_NOTIFY_DEL_DEVICE:
		on_delete(dev);
		break;
	case BUS_NOTIFY_REMOVED_DEVICE:
		on_removed(dev);
		break;
	case BUS_NOTIFY_BIND_DRIVER:
		pt_device_binding(dev);
		break;
	case BUS_NOTIFY_BOUND_DRIVER:
		on_bound(dev);
		break;
	case BUS_NOTIFY_UNBIND_DRIVER:
		if (COMPAT_NVME_FREES_LATE)
			on_unbinding(dev);
		break;
	case BUS_NOTIFY_DRIVER_NOT_BOUND:
	case BUS_NOTIFY_UNBOUND_DRIVER:
		on_unbound(dev, action == BUS_NOTIFY_DRIVER_NOT_BOUND);
		break;
	}
	return NOTIFY_OK;
}

/*
 * The IOMMU core releases a device at REMOVED_DEVICE, and no change of its
 * domain may be under way then. The walk at load may have found the device
 * when DEL_DEVICE was over already, so that this is the last chance to wait.
 */
static int watch_early(struct notifier_block *nb, unsigned long action,
		       void *data)
{
	if (action == BUS_NOTIFY_REMOVED_DEVICE)
		on_delete(data);
	return NOTIFY_OK;
}

/* Harmless for a bus that is not watched. */
static void unwatch_all(void)
{
	unsigned int n = ARRAY_SIZE(buses);

	while (n--) {
		bus_unregister_notifier(buses[n], &watchers[n]);
		bus_unregister_notifier(buses[n], &early_watchers[n]);
	}
}

static int __init watch_bus(unsigned int n)
{
	int ret;

	early_watchers[n].notifier_call = watch_early;
	early_watchers[n].priority = INT_MAX;
	ret = bus_register_notifier(buses[n], &early_watchers[n]);
	if (ret)
		return ret;
	watchers[n].notifier_call = watch;
	watchers[n].priority = -1;
	ret = bus_register_notifier(buses[n], &watchers[n]);
	if (ret)
		bus_unregister_notifier(buses[n], &early_watchers[n]);
	return ret;
}

static int __init watch_all(void)
{
	unsigned int n;
	int ret;

	for (n = 0; n < ARRAY_SIZE(buses); n++) {
		ret = watch_bus(n);
		if (ret)
			return ret;
	}
	return 0;
}

/* ---- what is there at load, and when an IOMMU arrives later ---- */

struct search {
	bool configure;		/* those without a group may get one now */
	bool found;		/* a device or a domain that was not known like this */
};

/* Return: whether it has a record, and in the group that it is in now. */
static bool is_known(struct device *dev, struct search *search)
{
	struct pt_device *pt = pt_device_find(dev);
	bool known = pt && !pt_device_has_moved(pt);

	if (pt && !known)
		forget(pt);
	if (known && READ_ONCE(pt->group->unknown))
		search->found = true;
	pt_device_put(pt);
	return known;
}

static int find_device(struct device *dev, void *data)
{
	struct search *search = data;
	struct pt_device *pt;

	if (search->configure)
		early_configure(dev, false);
	if (is_known(dev, search))
		return 0;
	pt = pt_device_add(dev, false);
	if (IS_ERR(pt))	/* or it arrives right now */
		return pt == ERR_PTR(-EEXIST) ? 0 : PTR_ERR(pt);
	if (pt)
		search->found = true;
	pt_device_put(pt);
	return 0;
}

static int see_device(struct device *dev, void *data)
{
	struct pt_device *pt = pt_device_see(dev);

	if (pt) {
		pt_device_try_virtio(pt);
		sysfs_device_add(pt);
	}
	pt_device_put(pt);
	return 0;
}

static int walk(int (*visit)(struct device *dev, void *data), void *data)
{
	unsigned int n;
	int ret;

	for (n = 0; n < ARRAY_SIZE(buses); n++) {
		ret = bus_for_each_dev(buses[n], NULL, data, visit);
		if (ret)
			return ret;
	}
	return 0;
}

/* Outermost: one walk at a time, as each drops what it has not seen. */
static DEFINE_MUTEX(walk_lock);

static int find_devices(void)
{
	struct search search = {};
	int ret;

	mutex_lock(&walk_lock);
	search.configure = early_is_wanted();
	ret = walk(find_device, &search);
	if (search.found) {
		walk(see_device, NULL);
		pt_device_drop_unseen();
	}
	mutex_unlock(&walk_lock);
	/* Without it: a driver's probe may wait for a module, whose birth walks. */
	if (search.found) {
		group_update_all();
		rebind_idle();
	}
	return ret;
}

static void look_again(void)
{
	if (find_devices())
		pr_err("no memory to look after all devices\n");
}

static void forget_devices(void)
{
	struct pt_device *pt;
	unsigned long id = 0;

	/* While the notifiers still keep devices from going under our feet. */
	sysfs_close_devices();
	for (; (pt = pt_device_next(&id)); pt_device_put(pt))
		sysfs_device_remove(pt);
	group_close();
	unwatch_all();
	leftover_exit();
	pt_device_exit();
}

void watch_end(void)
{
	if (pt_mode == IOMMU_PT_MODE_OFF)
		return;
	early_exit();
	forget_devices();
}

int __init watch_begin(void)
{
	int ret;

	if (pt_mode == IOMMU_PT_MODE_OFF)
		return 0;
	/*
	 * A bus that is watched may have told of devices, whatever the next. No walk
	 * before all are watched, or it finds a device of which nothing is told; and
	 * none that is called for is missed after, as the first one is still to come.
	 */
	ret = leftover_init();
	if (!ret)
		ret = watch_all();
	if (!ret)
		ret = early_init(look_again);
	if (!ret)
		ret = find_devices();
	if (ret)
		watch_end();
	return ret;
}
