// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <libudev.h>
#include <stdlib.h>
#include <string.h>

#include "sysfs.h"
#include "udevice.h"
#include "unread.h"
#include "xalloc.h"

struct udev *udevice_context(void)
{
	static struct udev *context;

	if (!context)
		context = udev_new();
	return context;
}

/* What sysfs tells of "untrusted or removable" is the latter only. */
static enum rule_tri read_external(const char *syspath)
{
	char *removable = sysfs_attr(syspath, "removable");
	bool yes = removable && !strcmp(removable, "removable");

	free(removable);
	return yes ? RULE_YES : RULE_ANY;
}

static enum rule_tri read_virtio(const struct dev *dev)
{
	static const char *const globs[] = {
		"pci:v00001AF4d000010[0-7]*",	/* legacy and modern */
		"of:N*Cvirtio,mmio*",
		"acpi:LNRO0005:*",
	};
	size_t i;

	if (!dev->modalias)
		return RULE_NO;
	for (i = 0; i < sizeof(globs) / sizeof(globs[0]); i++)
		if (rule_glob(globs[i], dev->modalias))
			return RULE_YES;
	return RULE_NO;
}

char *udevice_modalias(const char *syspath, struct udev_device *d)
{
	char *modalias = sysfs_attr(syspath, "modalias");

	if (modalias && *modalias)
		return modalias;
	free(modalias);
	return xstrdup(udev_device_get_property_value(d, "MODALIAS"));
}

bool udevice_read(struct dev *dev, struct udev_device *d)
{
	const char *syspath = udev_device_get_syspath(d);
	const char *subsystem = udev_device_get_subsystem(d);
	const char *name = udev_device_get_sysname(d);
	char *group;

	if (!subsystem || !name) {
		errno = ENOMEM;		/* all else has been seen before */
		unread(syspath);
		return false;
	}
	group = sysfs_link(syspath, "iommu_group");
	dev_init(dev, subsystem, name);
	dev->syspath = xstrdup(syspath);
	dev->driver = sysfs_link(syspath, "driver");
	dev->modalias = udevice_modalias(syspath, d);
	if (group)
		dev->group = strtol(group, NULL, 10);
	dev->external = read_external(syspath);
	dev->virtio = read_virtio(dev);
	free(group);
	return true;
}

struct udev_device *udevice_at(const char *syspath)
{
	struct udev_device *d;
	struct udev *udev;

	errno = 0;
	udev = udevice_context();
	d = udev ? udev_device_new_from_syspath(udev, syspath) : NULL;
	if (!d)
		unread(syspath);
	return d;
}

struct udev_device *udevice_named(const char *subsystem, const char *name)
{
	struct udev_device *d;
	struct udev *udev;

	errno = 0;
	udev = udevice_context();
	d = udev ? udev_device_new_from_subsystem_sysname(udev, subsystem, name) :
		   NULL;
	if (!d)
		unread(name);
	return d;
}
