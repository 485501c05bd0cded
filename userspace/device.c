// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fts.h>
#include <libudev.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "sysfs.h"
#include "udevice.h"
#include "unread.h"

#define GROUPS	"/sys/kernel/iommu_groups"

static void add_path(const char *path, struct devs *devs)
{
	struct udev_device *d = NULL;
	char real[PATH_MAX];
	struct dev dev;

	if (realpath(path, real))
		d = udevice_at(real);
	else
		unread(path);
	errno = 0;
	if (d && udev_device_get_subsystem(d)) {
		if (udevice_read(&dev, d))
			devs_add(devs, &dev);
	} else if (d) {
		unread(path);
	}
	if (d)
		udev_device_unref(d);
}

static void add_member(const char *path, void *arg)
{
	add_path(path, arg);
}

static void add_group(const char *path, void *arg)
{
	char *folder = xasprintf("%s/devices", path);

	sysfs_each(folder, add_member, arg);
	free(folder);
}

static void add_ungrouped(const char *path, void *arg)
{
	if (!sysfs_has(path, "iommu_group"))
		add_path(path, arg);
}

void device_scan(struct devs *devs)
{
	sysfs_each(GROUPS, add_group, devs);
	sysfs_each("/sys/bus/pci/devices", add_ungrouped, devs);
	devs_sort(devs);
}

static void add_number(const char *path, void *arg)
{
	strings_add(arg, xstrdup(strrchr(path, '/') + 1));
}

static int compare_numbers(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return x < y ? -1 : x > y;
}

/* The groups of devices, sorted. */
static long *groups_of(const struct devs *devs)
{
	long *numbers = xcalloc(devs->count + 1, sizeof(*numbers));
	size_t i;

	for (i = 0; i < devs->count; i++)
		numbers[i] = devs->at[i].group;
	qsort(numbers, devs->count, sizeof(*numbers), compare_numbers);
	return numbers;
}

/* One folder is read, however many devices there are, if all are known. */
void device_other_groups(struct devs *devs)
{
	struct strings names = { 0 };
	long *known = groups_of(devs), number;
	size_t i, count = devs->count;

	sysfs_each(GROUPS, add_number, &names);
	for (i = 0; i < names.count; i++) {
		number = strtol(names.at[i], NULL, 10);
		if (!bsearch(&number, known, count, sizeof(number),
			     compare_numbers))
			device_group(number, devs);
	}
	free(known);
	strings_free(&names);
}

void device_group(long group, struct devs *devs)
{
	char *path = xasprintf(GROUPS "/%ld", group);

	add_group(path, devs);
	free(path);
	devs_sort(devs);
}

char *device_group_type(long group)
{
	char *path = xasprintf(GROUPS "/%ld", group);
	char *type = sysfs_attr(path, "type");

	free(path);
	return type;
}

const char *device_kind(const char *iommu)
{
	char *path = xasprintf("/sys/class/iommu/%s", iommu);
	const char *kind = "IOMMU";

	if (sysfs_has(path, "intel-iommu"))
		kind = "Intel VT-d";
	else if (sysfs_has(path, "amd-iommu"))
		kind = "AMD-Vi";
	else if (!strncmp(iommu, "smmu3", 5))
		kind = "Arm SMMUv3";
	else if (!strncmp(iommu, "smmu", 4))
		kind = "Arm SMMU";
	else if (strstr(iommu, "virtio"))
		kind = "virtio-iommu";
	free(path);
	return kind;
}

static void add_iommu(const char *path, void *arg)
{
	const char *name = strrchr(path, '/') + 1;

	strings_add(arg, xasprintf("%s (%s)", device_kind(name), name));
}

void device_iommus(struct strings *list)
{
	sysfs_each("/sys/class/iommu", add_iommu, list);
}

bool device_is_served(const char *bus)
{
	static const char *const buses[] = {
		"pci", "platform", "amba", "fsl-mc", "host1x-context", "cdx",
	};
	size_t i;

	for (i = 0; i < sizeof(buses) / sizeof(buses[0]); i++)
		if (!strcmp(bus, buses[i]))
			return true;
	return false;
}

/* ---- more of one device, for who asks ---- */

static char *bus_path(const struct dev *dev)
{
	return xasprintf("/sys/bus/%s/devices/%s", dev->bus, dev->name);
}

char *device_iommu(const struct dev *dev)
{
	char *path = bus_path(dev);
	char *iommu = sysfs_link(path, "iommu");

	free(path);
	return iommu;
}

char *device_modalias(const struct dev *dev)
{
	struct udev_device *d;
	char *modalias;

	if (dev->modalias)
		return xstrdup(dev->modalias);
	d = udevice_named(dev->bus, dev->name);
	if (!d)
		return NULL;
	modalias = udevice_modalias(udev_device_get_syspath(d), d);
	udev_device_unref(d);
	return modalias;
}

/* The database's own key for a property, in @from; a copy or NULL. */
static char *copy_value(struct udev_list_entry *from, const char *key)
{
	struct udev_list_entry *entry = udev_list_entry_get_by_name(from, key);
	const char *value = entry ? udev_list_entry_get_value(entry) : NULL;

	return value ? xstrdup(value) : NULL;
}

void device_names(const struct dev *dev, struct device_names *names)
{
	static struct udev_hwdb *hwdb;
	char *modalias = device_modalias(dev);
	struct udev_list_entry *found = NULL;

	if (!hwdb)
		hwdb = udev_hwdb_new(udevice_context());
	if (hwdb && modalias)
		found = udev_hwdb_get_properties_list_entry(hwdb, modalias, 0);
	names->vendor = copy_value(found, "ID_VENDOR_FROM_DATABASE");
	names->model = copy_value(found, "ID_MODEL_FROM_DATABASE");
	free(modalias);
}

/* ---- what is below a device ---- */

void device_descend(const char *syspath, device_fn fn, void *arg)
{
	char *roots[] = { (char *)syspath, NULL };
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;

	if (!fts)
		unread(syspath);
	while (fts && (entry = fts_read(fts))) {
		char *subsystem;

		if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR ||
		    entry->fts_info == FTS_NS) {
			errno = entry->fts_errno;
			unread(entry->fts_path);
		}
		if (entry->fts_info != FTS_D)
			continue;
		subsystem = sysfs_link(entry->fts_path, "subsystem");
		if (subsystem)
			fn(subsystem, entry->fts_path, arg);
		free(subsystem);
	}
	if (fts)
		fts_close(fts);
}
