// SPDX-License-Identifier: GPL-2.0
#include <linux/device.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/mount.h>
#include "override.h"

/* The module's own mount of sysfs: /sys need not be mounted, or may be hidden. */
static struct vfsmount *sysfs_mnt;

int __init override_init(void)
{
	struct file_system_type *sysfs = get_fs_type("sysfs");

	if (!sysfs)
		return -ENODEV;
	sysfs_mnt = kern_mount(sysfs);
	module_put(sysfs->owner);
	return PTR_ERR_OR_ZERO(sysfs_mnt);
}

void override_exit(void)
{
	kern_unmount(sysfs_mnt);
}

static struct file *open_override(struct device *dev, int flags)
{
	char path[128];

	if (snprintf(path, sizeof(path), "bus/%s/devices/%s/driver_override",
		     dev->bus->name, dev_name(dev)) >= sizeof(path))
		return ERR_PTR(-ENAMETOOLONG);
	return file_open_root_mnt(sysfs_mnt, path, flags, 0);
}

int override_read(struct device *dev, char *name, size_t size)
{
	struct file *file = open_override(dev, O_RDONLY);
	loff_t pos = 0;
	ssize_t len;

	if (IS_ERR(file))
		return PTR_ERR(file);
	len = kernel_read(file, name, size - 1, &pos);
	fput(file);
	if (len < 0)
		return len;
	if (len == size - 1)
		return -ENAMETOOLONG;
	name[len] = '\0';
	strim(name);
	if (!strcmp(name, "(null)"))
		name[0] = '\0';
	return 0;
}

int override_write(struct device *dev, const char *name)
{
	struct file *file = open_override(dev, O_WRONLY);
	loff_t pos = 0;
	char line[72];
	ssize_t len;
	int size;

	if (IS_ERR(file))
		return PTR_ERR(file);
	size = scnprintf(line, sizeof(line), "%s\n", name);
	len = kernel_write(file, line, size, &pos);
	fput(file);
	return len < 0 ? len : 0;
}
