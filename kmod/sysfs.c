// SPDX-License-Identifier: GPL-2.0
/*
 * doc/sysfs-iommu_pt describes every attribute.
 *
 *   /sys/kernel/iommu_pt/version	the module's version
 *   /sys/kernel/iommu_pt/mode		enforce, observe or off
 *   /sys/kernel/iommu_pt/hints		trust, restrict or ignore
 *   /sys/kernel/iommu_pt/truthful	1 if the platform vouches for its tables
 *   /sys/kernel/iommu_pt/sealed	(rw) 1 if nothing becomes less strict
 *   /sys/kernel/iommu_pt/rules		every rule, a line each, its tier first
 *   /sys/kernel/iommu_pt/stats		a name and a number a line
 *   <device>/iommu_pt/policy		(rw) the decision
 *   <device>/iommu_pt/effective	what its DMA really does
 *   <device>/iommu_pt/status		what became of the decision
 *   <device>/iommu_pt/source		the tier that decided, or none
 */
#include <linux/capability.h>
#include <linux/device.h>
#include <linux/init.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include "compat.h"
#include "device.h"
#include "group.h"
#include "hints.h"
#include "mode.h"
#include "names.h"
#include "policy.h"
#include "report.h"
#include "seal.h"
#include "stats.h"
#include "sysfs.h"

/* ---- a device's ---- */

static struct device_attribute dev_attr_policy, dev_attr_effective, dev_attr_status;

static const char *word_of(const struct device_attribute *attr,
			   const struct pt_report *report)
{
	if (attr == &dev_attr_policy)
		return policy_name(report->policy);
	if (attr == &dev_attr_effective)
		return effective_name(report->effective);
	if (attr == &dev_attr_status)
		return status_name(report->status);
	return report->rule ? tier_name(report->rule->tier) : "none";
}

static ssize_t show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct pt_device *pt = pt_device_find(dev);
	struct pt_report *report;
	ssize_t len;

	if (!pt)
		return -ENODEV;
	report = kmalloc(sizeof(*report), GFP_KERNEL);
	if (!report) {
		pt_device_put(pt);
		return -ENOMEM;
	}
	report_make(pt, report);
	len = sysfs_emit(buf, "%s\n", word_of(attr, report));
	report_done(report);
	kfree(report);
	pt_device_put(pt);
	return len;
}

/* What the core's type file asks for: our write is a worker's. */
static bool may_change(void)
{
	return capable(CAP_SYS_ADMIN) && capable(CAP_SYS_RAWIO);
}

static ssize_t policy_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t count)
{
	size_t len = count && buf[count - 1] == '\n' ? count - 1 : count;
	struct pt_device *pt;
	int policy, ret;

	if (!may_change())
		return -EPERM;
	policy = policy_parse(buf, len);
	if (policy < 0)
		return -EINVAL;
	pt = pt_device_find(dev);
	if (!pt)
		return -ENODEV;
	ret = group_decide(pt, policy, 0, NULL);
	pt_device_put(pt);
	return ret ?: count;
}

static struct device_attribute dev_attr_policy = __ATTR(policy, 0644, show, policy_store);
static struct device_attribute dev_attr_effective = __ATTR(effective, 0444, show, NULL);
static struct device_attribute dev_attr_status = __ATTR(status, 0444, show, NULL);
static struct device_attribute dev_attr_source = __ATTR(source, 0444, show, NULL);

static struct attribute *device_attrs[] = {
	&dev_attr_policy.attr,
	&dev_attr_effective.attr,
	&dev_attr_status.attr,
	&dev_attr_source.attr,
	NULL
};

static const struct attribute_group device_group = {
	.name = "iommu_pt",
	.attrs = device_attrs,
};

static bool closed;	/* read under each attrs_lock, set before all */

void sysfs_close_devices(void)
{
	WRITE_ONCE(closed, true);
}

void sysfs_device_add(struct pt_device *pt)
{
	int ret = 0;

	mutex_lock(&pt->attrs_lock);
	if (!pt->has_attrs && !pt->attrs_over && !READ_ONCE(closed)) {
		ret = sysfs_create_group(&pt->dev->kobj, &device_group);
		pt->has_attrs = !ret;
	}
	mutex_unlock(&pt->attrs_lock);
	if (ret)
		dev_warn(pt->dev, "no iommu_pt attributes: error %d\n", ret);
}

void sysfs_device_remove(struct pt_device *pt)
{
	mutex_lock(&pt->attrs_lock);
	pt->attrs_over = true;
	if (pt->has_attrs)
		sysfs_remove_group(&pt->dev->kobj, &device_group);
	pt->has_attrs = false;
	mutex_unlock(&pt->attrs_lock);
}

/* ---- the module's ---- */

static ssize_t version_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%s\n", THIS_MODULE->version);
}
static struct kobj_attribute version_attr = __ATTR_RO(version);

static ssize_t mode_show(struct kobject *kobj, struct kobj_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%s\n", mode_name(pt_mode));
}
static struct kobj_attribute mode_attr = __ATTR_RO(mode);

static ssize_t hints_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%s\n", hints_name(pt_hints));
}
static struct kobj_attribute hints_attr = __ATTR_RO(hints);

static ssize_t truthful_show(struct kobject *kobj, struct kobj_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%d\n", hints_truthful());
}
static struct kobj_attribute truthful_attr = __ATTR_RO(truthful);

static ssize_t sealed_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf)
{
	return sysfs_emit(buf, "%d\n", seal_is_on());
}

static ssize_t sealed_store(struct kobject *kobj, struct kobj_attribute *attr,
			    const char *buf, size_t count)
{
	if (!may_change())
		return -EPERM;
	if (pt_mode == IOMMU_PT_MODE_OFF)
		return -EOPNOTSUPP;
	/* All that was written, not only what is before its first NUL. */
	if (strlen(buf) != count || !sysfs_streq(buf, "1"))
		return -EINVAL;
	return seal() ?: count;
}
static struct kobj_attribute sealed_attr = __ATTR_RW(sealed);

static ssize_t stats_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	return stats_emit(buf);
}
static struct kobj_attribute stats_attr = __ATTR_RO(stats);

/* A window [offset, offset + count) of a long text that is made line by line. */
struct window {
	char *buf;
	size_t count;
	loff_t offset;
	loff_t pos;		/* in the text */
	size_t filled;
};

static void window_add(struct window *window, const char *line, size_t len)
{
	loff_t skip = max_t(loff_t, window->offset - window->pos, 0);

	window->pos += len;
	if (skip >= len)
		return;
	len = min_t(size_t, len - skip, window->count - window->filled);
	memcpy(window->buf + window->filled, line + skip, len);
	window->filled += len;
}

static int rule_line(const struct policy_rule *rule, char *buf, size_t size)
{
	int len = scnprintf(buf, size, "%s ", tier_name(rule->tier));

	len += rule_format(&rule->rule, buf + len, size - len);
	len = min_t(int, len, size - 1);
	buf[len++] = '\n';
	return len;
}

/* Longest tier and policy, a line's values, the keys in full, a newline. */
#define LINE_MAX	(RULE_LINE_MAX + 128)

static ssize_t rules_read(struct file *file, struct kobject *kobj,
			  compat_bin_attribute *attr, char *buf,
			  loff_t offset, size_t count)
{
	struct window window = {
		.buf = buf, .count = count, .offset = offset,
	};
	struct policy_rule *rule = NULL;
	char *line;

	line = kmalloc(LINE_MAX, GFP_KERNEL);
	if (!line)
		return -ENOMEM;
	while (window.filled < count && (rule = policy_next(rule)))
		window_add(&window, line, rule_line(rule, line, LINE_MAX));
	policy_rule_put(rule);
	kfree(line);
	return window.filled;
}

static struct bin_attribute rules_attr = {
	.attr = { .name = "rules", .mode = 0444 },
	.read = rules_read,
};

static const struct attribute *const module_attrs[] = {
	&version_attr.attr,
	&mode_attr.attr,
	&hints_attr.attr,
	&truthful_attr.attr,
	&sealed_attr.attr,
	&stats_attr.attr,
	NULL
};

static struct kobject *folder;

int __init sysfs_init(void)
{
	int ret;

	folder = kobject_create_and_add("iommu_pt", kernel_kobj);
	if (!folder)
		return -ENOMEM;
	ret = sysfs_create_files(folder, module_attrs);
	if (!ret)
		ret = sysfs_create_bin_file(folder, &rules_attr);
	if (ret)
		sysfs_exit();
	return ret;
}

/*
 * The folder goes now, with its files, once nobody is in one of them: a reference
 * that somebody else has yet must not keep the name from the next load. No lock is
 * held, for the files' own functions take some.
 */
void sysfs_exit(void)
{
	kobject_del(folder);
	kobject_put(folder);
}
