// SPDX-License-Identifier: GPL-2.0
#include <linux/acpi.h>
#include <linux/amba/bus.h>
#include <linux/device.h>
#include <linux/dma-map-ops.h>
#include <linux/init.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/of_device.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include "compat.h"
#include "early.h"
#include "mode.h"

/* A device waits for its IOMMU. Set by who has tried, taken back by who looks again. */
static bool waiting = true;

/* ---- one device; callers hold its device_lock ---- */

static int configure_by_dt(struct device *dev, struct device_node *np,
			   const char *property)
{
	if (!of_find_property(np, property, NULL))
		return 0;
	return of_dma_configure(dev, np, true);
}

#ifdef CONFIG_ACPI
static bool has_table(char *signature)
{
	struct acpi_table_header *table;

	if (ACPI_FAILURE(acpi_get_table(signature, 0, &table)))
		return false;
	acpi_put_table(table);
	return true;
}

/* @node: what has the ACPI companion, which is the host bridge's for PCI. */
static int configure_by_acpi(struct device *dev, struct device *node)
{
	enum dev_dma_attr attr = device_get_dma_attr(node);

	if (attr == DEV_DMA_NOT_SUPPORTED)
		return 0;
	if (!has_table(ACPI_SIG_VIOT) && !has_table(ACPI_SIG_IORT))
		return 0;
	return acpi_dma_configure(dev, attr);
}
#else
static int configure_by_acpi(struct device *dev, struct device *node)
{
	return 0;
}
#endif

static int configure_pci(struct pci_dev *pdev)
{
	struct device *bridge = &pci_find_host_bridge(pdev->bus)->dev;

	if (bridge->parent && bridge->parent->of_node)
		return configure_by_dt(&pdev->dev, bridge->parent->of_node,
				       "iommu-map");
	return configure_by_acpi(&pdev->dev, bridge);
}

static int configure_by_own_node(struct device *dev)
{
	if (dev->of_node)
		return configure_by_dt(dev, dev->of_node, "iommus");
	return configure_by_acpi(dev, dev);
}

/* Other buses have ways of their own to tell the IOMMU's IDs of a device. */
static int configure(struct device *dev)
{
	if (dev_is_pci(dev))
		return configure_pci(to_pci_dev(dev));
	if (dev_is_platform(dev))
		return configure_by_own_node(dev);
#ifdef CONFIG_ARM_AMBA
	if (dev->bus == &amba_bustype)
		return configure_by_own_node(dev);
#endif
	return 0;
}

/*
 * Leaves nothing behind but the group, as an unbind does: the rest is set
 * again when a driver binds, for the domain that there is by then. On arm64
 * before 6.7, dma_ops would else stay those of a translated domain. Where an
 * unbind leaves them, no bind sets them again.
 */
static int configure_and_clean(struct device *dev)
{
	const struct bus_dma_region *map = dev->dma_range_map;
	int ret;

	device_lock_assert(dev);
	ret = configure(dev);
	if (dev->dma_range_map != map) {
		kfree(dev->dma_range_map);
		dev->dma_range_map = map;
	}
	if (IS_ENABLED(CONFIG_ARCH_HAS_TEARDOWN_DMA_OPS) &&
	    device_iommu_mapped(dev))
		set_dma_ops(dev, NULL);
	return ret;
}

/*
 * Neither before its ADD_DEVICE, where the core will do the same, nor behind its
 * REMOVED_DEVICE, where the core has undone it; as near as that can be told.
 */
static bool is_there(struct device *dev)
{
	return dev->kobj.state_add_uevent_sent &&
	       !dev->kobj.state_remove_uevent_sent;
}

void early_configure(struct device *dev, bool arrives)
{
	if (!COMPAT_GROUP_AT_PROBE || pt_mode != IOMMU_PT_MODE_ENFORCE ||
	    device_iommu_mapped(dev))
		return;
	/* Else a driver binds right now, and the core has begun the same. */
	if (!device_trylock(dev))
		return;
	if (!dev->driver && (arrives || is_there(dev)) &&
	    configure_and_clean(dev) == -EPROBE_DEFER)
		WRITE_ONCE(waiting, true);
	device_unlock(dev);
}

bool early_is_wanted(void)
{
	return xchg(&waiting, false);
}

/* ---- when an IOMMU arrives ---- */

static DEFINE_SPINLOCK(look_lock);
/*
 * NULL before and after. Written under look_lock; read without by who looks, whom
 * early_exit() waits for.
 */
static void (*look_at_all)(void);

static void look(struct work_struct *work)
{
	void (*now)(void);

	now = READ_ONCE(look_at_all);
	if (now)
		now();
}
static DECLARE_WORK(look_work, look);

/* A driver may bind before there is anybody to look, and when nobody will. */
void early_look_later(void)
{
	spin_lock(&look_lock);
	if (look_at_all)
		schedule_work(&look_work);
	spin_unlock(&look_lock);
}

/*
 * The driver of an IOMMU that is a module has bound when that begins to live.
 * Whoever waits for modprobe finds the domains set.
 */
static int watch_modules(struct notifier_block *nb, unsigned long state,
			 void *module)
{
	if (state == MODULE_STATE_LIVE && module != THIS_MODULE)
		look(NULL);
	return NOTIFY_OK;
}

static struct notifier_block modules_watcher = {
	.notifier_call = watch_modules,
};

static int is_iommu(struct device *child, void *data)
{
	return child->class && !strcmp(child->class->name, "iommu");
}

/* An IOMMU is a child of its device; that, for virtio, one of its transport. */
static int has_iommu(struct device *child, void *data)
{
	return is_iommu(child, NULL) ||
	       device_for_each_child(child, NULL, is_iommu);
}

void early_note_bound(struct device *dev)
{
	if (device_for_each_child(dev, NULL, has_iommu))
		early_look_later();
}

int __init early_init(void (*look)(void))
{
	int ret = register_module_notifier(&modules_watcher);

	if (ret)
		return ret;
	spin_lock(&look_lock);
	look_at_all = look;
	spin_unlock(&look_lock);
	return 0;
}

void early_exit(void)
{
	unregister_module_notifier(&modules_watcher);
	spin_lock(&look_lock);
	look_at_all = NULL;
	spin_unlock(&look_lock);
	cancel_work_sync(&look_work);
}
