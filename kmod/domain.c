// SPDX-License-Identifier: GPL-2.0
#include <linux/amba/bus.h>
#include <linux/fsl/mc.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/iommu.h>
#include <linux/kernfs.h>
#include <linux/kobject.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/sched.h>
#include <linux/sysfs.h>
#include <linux/workqueue.h>
#ifdef CONFIG_CDX_BUS
#include <linux/cdx/cdx_bus.h>
#endif
#include "compat.h"
#include "domain.h"

/* The folder of all groups in sysfs. */
static struct kernfs_node *groups;

/*
 * What a type is read into: sysfs_emit() wants a page, and a new one each time
 * would be half of the reading. The core's group mutex is taken inside.
 */
static struct {
	struct mutex lock;
	char *page;
} reading = { .lock = __MUTEX_INITIALIZER(reading.lock) };

/* Writes to "type". One at a time a group; see group.c. */
static struct workqueue_struct *writers;

static const char *const type_names[] = {
	[DOMAIN_UNKNOWN] = "unknown",
	[DOMAIN_IDENTITY] = "identity",
	[DOMAIN_DMA] = "DMA",
	[DOMAIN_DMA_FQ] = "DMA-FQ",
	[DOMAIN_BLOCKED] = "blocked",
	[DOMAIN_UNMANAGED] = "unmanaged",
	[DOMAIN_AUTO] = "auto",
};

int __init domain_init(void)
{
	groups = kernfs_find_and_get(kernel_kobj->sd, "iommu_groups");
	if (!groups)
		return -ENODEV;
	reading.page = (char *)__get_free_page(GFP_KERNEL);
	writers = alloc_workqueue("iommu_pt_type", COMPAT_WQ_PERCPU | WQ_HIGHPRI, 0);
	if (reading.page && writers)
		return 0;
	domain_exit();
	return -ENOMEM;
}

void domain_exit(void)
{
	if (writers)
		destroy_workqueue(writers);
	free_page((unsigned long)reading.page);
	kernfs_put(groups);
}

const char *domain_type_name(enum domain_type type)
{
	return type_names[type];
}

/*
 * A group's "type" file, without a file: what sysfs itself calls when that is
 * read or written, which costs half of it. An open file would keep the group
 * in sysfs; so does a reference to it, as the core takes its files away with
 * the last of these.
 */
struct type_file {
	struct kobject *kobj;
	struct attribute *attr;
};

static int find_type(struct iommu_group *grp, struct type_file *type)
{
	char name[sizeof("-2147483648")];
	struct kernfs_node *folder, *file;

	snprintf(name, sizeof(name), "%d", iommu_group_id(grp));
	folder = kernfs_find_and_get(groups, name);
	if (!folder)
		return -ENOENT;
	file = kernfs_find_and_get(folder, "type");
	if (file) {
		type->kobj = folder->priv;
		type->attr = file->priv;
	}
	kernfs_put(file);
	kernfs_put(folder);
	return file ? 0 : -ENOENT;
}

static int write_type(const struct type_file *type, const char *word)
{
	ssize_t len = type->kobj->ktype->sysfs_ops->store(type->kobj, type->attr,
							  word, strlen(word));

	return len < 0 ? len : 0;
}

static enum domain_type parse_type(const char *word)
{
	int type;

	for (type = DOMAIN_IDENTITY; type <= DOMAIN_UNMANAGED; type++)
		if (sysfs_streq(word, type_names[type]))
			return type;
	return DOMAIN_UNKNOWN;
}

static enum domain_type read_type(const struct type_file *type)
{
	enum domain_type now = DOMAIN_UNKNOWN;

	mutex_lock(&reading.lock);
	if (type->kobj->ktype->sysfs_ops->show(type->kobj, type->attr,
					       reading.page) > 0)
		now = parse_type(reading.page);
	mutex_unlock(&reading.lock);
	return now;
}

/* A writing, and the reading back. */
struct writing {
	struct work_struct work;
	struct iommu_group *grp;
	enum domain_type type;
	enum domain_type now;
	int ret;
};

static void write_and_read(struct work_struct *work)
{
	struct writing *writing = container_of(work, struct writing, work);
	struct type_file file;

	writing->ret = find_type(writing->grp, &file);
	if (writing->ret)
		return;
	writing->ret = write_type(&file, type_names[writing->type]);
	writing->now = read_type(&file);
}

static void send_writer(struct writing *writing)
{
	INIT_WORK_ONSTACK(&writing->work, write_and_read);
	queue_work(writers, &writing->work);
	flush_work(&writing->work);
	destroy_work_on_stack(&writing->work);
}

enum domain_type domain_read(struct iommu_group *grp)
{
	struct type_file file;

	return find_type(grp, &file) ? DOMAIN_UNKNOWN : read_type(&file);
}

int domain_write(struct iommu_group *grp, enum domain_type type,
		 enum domain_type *now)
{
	struct writing writing = { .grp = grp, .type = type };

	/* Workers have all capabilities. */
	if (current->flags & PF_WQ_WORKER)
		write_and_read(&writing.work);
	else
		send_writer(&writing);
	*now = writing.now;
	return writing.ret;
}

bool domain_driver_is_managed(struct device *dev)
{
	if (dev_is_pci(dev))
		return to_pci_driver(dev->driver)->driver_managed_dma;
	if (dev_is_platform(dev))
		return to_platform_driver(dev->driver)->driver_managed_dma;
#ifdef CONFIG_ARM_AMBA
	if (dev->bus == &amba_bustype)
		return container_of(dev->driver, struct amba_driver,
				    drv)->driver_managed_dma;
#endif
	if (dev_is_fsl_mc(dev))
		return to_fsl_mc_driver(dev->driver)->driver_managed_dma;
#ifdef CONFIG_CDX_BUS
	if (dev->bus == &cdx_bus_type)
		return to_cdx_driver(dev->driver)->driver_managed_dma;
#endif
	return false;
}
