// SPDX-License-Identifier: GPL-2.0
/*
 * Per-device choice between identity and translated DMA, on any bus, before
 * the device's driver binds.
 *
 * This file is the module's life: parameters, what the buses tell, and the
 * order in which things begin and end. ARCHITECTURE.md has the whole.
 */
#define pr_fmt(fmt) "iommu_pt: " fmt

#include <linux/amba/bus.h>
#include <linux/cc_platform.h>
#include <linux/crash_dump.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/fsl/mc.h>
#include <linux/host1x_context_bus.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#ifdef CONFIG_CDX_BUS
#include <linux/cdx/cdx_bus.h>
#endif
#include "compat.h"
#include "decision.h"
#include "device.h"
#include "domain.h"
#include "early.h"
#include "group.h"
#include "hints.h"
#include "mode.h"
#include "names.h"
#include "netlink.h"
#include "policy.h"
#include "rebind.h"
#include "strict.h"
#include "sysfs.h"

enum iommu_pt_mode pt_mode;
bool pt_rebinds_idle;
enum iommu_pt_hints pt_hints;
bool pt_confidential;

static char *mode = "enforce";
module_param(mode, charp, 0444);
MODULE_PARM_DESC(mode,
		 "enforce (default), observe (decide and report, change nothing) or off");

static char *hints = "trust";
module_param(hints, charp, 0444);
MODULE_PARM_DESC(hints,
		 "trust (default), restrict (only what makes a device stricter counts) or ignore");

static char *rebind_param = "idle";
module_param_named(rebind, rebind_param, charp, 0444);
MODULE_PARM_DESC(rebind,
		 "idle (default): rebind transports that nothing uses yet; or never");

static char *rules = "";
module_param(rules, charp, 0444);
MODULE_PARM_DESC(rules, "rules of tier cmdline, separated by semicolons");

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

/* A walk may have found it before the IOMMU core gave it a group. */
static void forget_early(struct device *dev)
{
	struct pt_device *pt = pt_device_find(dev);
	struct pt_group *group;

	if (!pt)
		return;
	sysfs_device_remove(pt);
	group = pt_device_drop(dev);
	if (group)
		pt_group_put(group);
	pt_device_put(pt);
}

static void on_add(struct device *dev)
{
	struct pt_device *pt;

	forget_early(dev);
	early_configure(dev);
	pt = pt_device_add(dev, true);
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

	if (!pt)
		return;
	sysfs_device_remove(pt);
	pt_device_leave(pt);
	pt_device_put(pt);
}

static void on_removed(struct device *dev)
{
	struct pt_group *group = pt_device_drop(dev);

	if (!group)
		return;
	group_update_later(group);
	pt_group_put(group);
}

static void on_bound(struct device *dev)
{
	struct pt_device *pt;

	pt_device_binding(dev);
	early_note_bound(dev);
	pt = pt_device_find(dev);
	if (!pt)
		return;
	if (!pt->group->grp && device_iommu_mapped(dev))
		early_look_later();
	pt_device_ask_virtio(pt);
	/* Only the event of it is missing, and that can wait. */
	if (READ_ONCE(pt->rule))
		group_update_later(pt->group);
	pt_device_put(pt);
}

static void on_unbound(struct device *dev)
{
	struct pt_device *pt;

	pt_device_unbound(dev);
	pt = pt_device_find(dev);
	if (!pt)
		return;
	pt_device_ask_virtio(pt);
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
	case BUS_NOTIFY_DRIVER_NOT_BOUND:
	case BUS_NOTIFY_UNBOUND_DRIVER:
		on_unbound(dev);
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
	bool found;		/* a device that was not known like this */
};

/* Its IOMMU came after it. */
static void forget_groupless(struct device *dev)
{
	struct pt_device *pt = pt_device_find(dev);

	if (pt && !pt->group->grp && device_iommu_mapped(dev))
		forget_early(dev);
	pt_device_put(pt);
}

static int find_device(struct device *dev, void *data)
{
	struct search *search = data;
	struct pt_device *pt;

	if (search->configure)
		early_configure(dev);
	forget_groupless(dev);
	pt = pt_device_add(dev, false);
	if (IS_ERR(pt))
		return PTR_ERR(pt);
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
	pt_device_exit();
}

static void end_to_watch(void)
{
	if (pt_mode == IOMMU_PT_MODE_OFF)
		return;
	early_exit();
	forget_devices();
}

static int __init begin_to_watch(void)
{
	int ret;

	if (pt_mode == IOMMU_PT_MODE_OFF)
		return 0;
	/* First, for it may be in the middle of all that comes that an IOMMU binds. */
	ret = early_init(look_again);
	if (ret)
		return ret;
	/* A bus that is watched may have told of devices, whatever the next. */
	ret = watch_all();
	if (!ret)
		ret = find_devices();
	if (ret)
		end_to_watch();
	return ret;
}

/* ---- parameters ---- */

/* A confidential guest does not trust its hypervisor, whatever it is told. */
static int __init read_hints(void)
{
	int parsed = hints_parse(hints, strlen(hints));

	if (parsed < 0) {
		pr_err("hints=%s: there are trust, restrict and ignore\n", hints);
		return -EINVAL;
	}
	pt_confidential = cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT);
	pt_hints = hints_in_force(parsed, pt_confidential);
	if (pt_hints != parsed)
		pr_notice("confidential guest: hints=%s\n",
			  hints_name(pt_hints));
	return 0;
}

static int __init read_words(void)
{
	int parsed = mode_parse(mode, strlen(mode));

	if (parsed < 0) {
		pr_err("mode=%s: there are enforce, observe and off\n", mode);
		return -EINVAL;
	}
	pt_mode = parsed;
	pt_rebinds_idle = !strcmp(rebind_param, "idle");
	if (!pt_rebinds_idle && strcmp(rebind_param, "never")) {
		pr_err("rebind=%s: there are idle and never\n", rebind_param);
		return -EINVAL;
	}
	if (is_kdump_kernel()) {
		pr_info("crash kernel: off\n");
		pt_mode = IOMMU_PT_MODE_OFF;
	}
	return read_hints();
}

/*
 * A mistake on the command line must not keep the rules of the other tiers
 * from their work, so it is told and the module goes on without these.
 */
static int __init read_rules(void)
{
	struct rule_error err;
	int ret;

	ret = decision_replace(LAYER_CMDLINE, rules, strlen(rules), NULL, &err);
	if (ret != -EINVAL)
		return ret;
	pr_err("rules=: line %u, column %u: %s; none of them is in force\n",
	       err.line, err.column, err.message);
	return 0;
}

/* ---- life ---- */

static int __init iommu_pt_init(void)
{
	int ret;

	ret = read_words();
	if (ret)
		return ret;
	policy_init();
	ret = read_rules();
	if (ret)
		goto err_policy;
	ret = hints_init();
	if (ret)
		goto err_policy;
	ret = domain_init();
	if (ret)
		goto err_hints;
	ret = group_init();
	if (ret)
		goto err_domain;
	ret = netlink_init();
	if (ret)
		goto err_group;
	ret = begin_to_watch();
	if (ret)
		goto err_netlink;
	ret = sysfs_init();
	if (ret)
		goto err_watch;
	pr_info("version %s, mode %s, hints %s, %u devices, %u rules\n",
		THIS_MODULE->version, mode_name(pt_mode), hints_name(pt_hints),
		pt_device_count(), policy_count());
	return 0;

err_watch:
	end_to_watch();
err_netlink:
	netlink_exit();
err_group:
	group_exit();
err_domain:
	domain_exit();
err_hints:
	hints_exit();
err_policy:
	policy_exit();
	return ret;
}

static void __exit iommu_pt_exit(void)
{
	sysfs_exit();
	netlink_exit();
	end_to_watch();
	group_exit();
	domain_exit();
	hints_exit();
	policy_exit();
}

module_init(iommu_pt_init);
module_exit(iommu_pt_exit);

MODULE_DESCRIPTION("Per-device IOMMU passthrough policy");
MODULE_AUTHOR("The iommu-pt-policy developers");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
