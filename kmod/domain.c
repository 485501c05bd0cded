// SPDX-License-Identifier: GPL-2.0
#include <linux/amba/bus.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/iommu.h>
#include <linux/kernfs.h>
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/uio.h>
#include <linux/workqueue.h>
#include "compat.h"
#include "domain.h"

/* The module's own mount of sysfs: /sys need not be mounted, or may be hidden. */
static struct vfsmount *sysfs_mnt;

/* The folder of all groups there, from which the way to each is short. */
static struct file *groups;

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
	struct file_system_type *sysfs;
	int ret;

	sysfs = get_fs_type("sysfs");
	if (!sysfs)
		return -ENODEV;
	sysfs_mnt = kern_mount(sysfs);
	module_put(sysfs->owner);
	if (IS_ERR(sysfs_mnt))
		return PTR_ERR(sysfs_mnt);

	groups = file_open_root_mnt(sysfs_mnt, "kernel/iommu_groups",
				    O_PATH | O_DIRECTORY, 0);
	if (IS_ERR(groups)) {
		ret = PTR_ERR(groups);
		goto err_unmount;
	}
	writers = alloc_workqueue("iommu_pt_type", COMPAT_WQ_PERCPU | WQ_HIGHPRI, 0);
	if (!writers) {
		ret = -ENOMEM;
		goto err_groups;
	}
	return 0;

err_groups:
	fput(groups);
err_unmount:
	kern_unmount(sysfs_mnt);
	return ret;
}

void domain_exit(void)
{
	destroy_workqueue(writers);
	fput(groups);
	kern_unmount(sysfs_mnt);
}

const char *domain_type_name(enum domain_type type)
{
	return type_names[type];
}

/*
 * Whoever reads an attribute of ours holds these locks of that file's, and has
 * us take the same of this one, which is nobody else's: tell lockdep that they
 * are others. All files of kernfs are opened as seq_files.
 */
static void set_lock_classes(struct file *file)
{
	static struct lock_class_key seq_key, kernfs_key;
	struct seq_file *seq = file->private_data;
	struct kernfs_open_file *of __maybe_unused = seq->private;

	lockdep_set_class(&seq->lock, &seq_key);
	lockdep_set_class(&of->mutex, &kernfs_key);
}

struct file *domain_open_sysfs(const char *path, int flags)
{
	return file_open_root_mnt(sysfs_mnt, path, flags, 0);
}

static struct file *open_type(struct iommu_group *grp, int flags)
{
	char path[sizeof("-2147483648/type")];
	struct file *file;

	snprintf(path, sizeof(path), "%d/type", iommu_group_id(grp));
	/* For writing it waits for a frozen filesystem: see write_type(). */
	lockdep_off();
	file = file_open_root(&groups->f_path, path, flags, 0);
	lockdep_on();
	if (!IS_ERR(file))
		set_lock_classes(file);
	return file;
}

/* Workers have all capabilities, and no system call that they return from. */
static bool is_worker(void)
{
	return current->flags & PF_WQ_WORKER;
}

/* Else all files that a worker opened would be closed when it has done. */
static void close_type(struct file *file)
{
	if (is_worker())
		__fput_sync(file);
	else
		fput(file);
}

static enum domain_type read_type(struct file *file)
{
	char buf[16];
	loff_t pos = 0;
	ssize_t len;
	int type;

	len = kernel_read(file, buf, sizeof(buf) - 1, &pos);
	if (len < 0)
		return DOMAIN_UNKNOWN;
	buf[len] = '\0';
	for (type = DOMAIN_IDENTITY; type <= DOMAIN_UNMANAGED; type++)
		if (sysfs_streq(buf, type_names[type]))
			return type;
	return DOMAIN_UNKNOWN;
}

/*
 * As kernel_write() does it, but without waiting for a frozen filesystem:
 * sysfs cannot be frozen. lockdep does not know that, and every write of a
 * user's to a file that has a driver bind waits so before it comes to us.
 */
static int write_type(struct file *file, const char *word)
{
	struct kvec vec = { .iov_base = (void *)word, .iov_len = strlen(word) };
	struct iov_iter from;
	struct kiocb kiocb;
	ssize_t len;

	init_sync_kiocb(&kiocb, file);
	iov_iter_kvec(&from, WRITE, &vec, 1, vec.iov_len);
	len = file->f_op->write_iter(&kiocb, &from);
	return len < 0 ? len : 0;
}

/* One visit of a worker to a group's type. */
struct visit {
	struct work_struct work;
	struct iommu_group *grp;
	enum domain_type type;	/* to write; DOMAIN_UNKNOWN: only read */
	enum domain_type now;
	int ret;
};

static void visit_type(struct work_struct *work)
{
	struct visit *visit = container_of(work, struct visit, work);
	bool write = visit->type != DOMAIN_UNKNOWN;
	struct file *file;

	visit->now = DOMAIN_UNKNOWN;
	file = open_type(visit->grp, write ? O_RDWR : O_RDONLY);
	if (IS_ERR(file)) {
		visit->ret = PTR_ERR(file);
		return;
	}
	visit->ret = write ? write_type(file, type_names[visit->type]) : 0;
	visit->now = read_type(file);
	close_type(file);
}

static void send_visitor(struct visit *visit)
{
	INIT_WORK_ONSTACK(&visit->work, visit_type);
	queue_work(writers, &visit->work);
	flush_work(&visit->work);
	destroy_work_on_stack(&visit->work);
}

enum domain_type domain_read(struct iommu_group *grp)
{
	struct visit visit = { .grp = grp };
	struct file *file;

	/* The worker is for callers whom a security module keeps out. */
	file = open_type(grp, O_RDONLY);
	if (IS_ERR(file)) {
		send_visitor(&visit);
		return visit.now;
	}
	visit.now = read_type(file);
	close_type(file);
	return visit.now;
}

int domain_write(struct iommu_group *grp, enum domain_type type,
		 enum domain_type *now)
{
	struct visit visit = { .grp = grp, .type = type };

	if (is_worker())
		visit_type(&visit.work);
	else
		send_visitor(&visit);
	*now = visit.now;
	return visit.ret;
}

bool domain_is_owned(struct iommu_group *grp)
{
	return iommu_group_dma_owner_claimed(grp);
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
	return false;
}
