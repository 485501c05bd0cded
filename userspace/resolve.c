// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <dirent.h>
#include <fnmatch.h>
#include <libudev.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "device.h"
#include "msg.h"
#include "ptctl.h"
#include "resolve.h"
#include "sysfs.h"
#include "udevice.h"
#include "unread.h"
#include "xalloc.h"

static bool is_hex(const char *s, size_t len)
{
	while (len && isxdigit((unsigned char)*s)) {
		s++;
		len--;
	}
	return !len;
}

/* "00:03.0", with or without a domain before it: the name on the PCI bus. */
static char *pci_name(const char *what)
{
	size_t len = strlen(what);
	unsigned long domain;
	const char *tail;
	char *name, *p;

	if (len < 7)
		return NULL;
	tail = what + len - 7;
	if (!is_hex(tail, 2) || tail[2] != ':' || !is_hex(tail + 3, 2) ||
	    tail[5] != '.' || tail[6] < '0' || tail[6] > '7')
		return NULL;
	if (len > 7 && (len < 9 || len > 16 || tail[-1] != ':' ||
			!is_hex(what, len - 8)))
		return NULL;
	domain = len > 7 ? strtoul(what, NULL, 16) : 0;
	name = xasprintf("%04lx:%s", domain, tail);
	for (p = name; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return name;
}

static bool by_name(const char *what, struct dev *dev)
{
	const char *slash = strchr(what, '/');
	char *name = pci_name(what), *bus;

	if (name) {
		dev_init(dev, "pci", name);
		free(name);
		return true;
	}
	if (!slash || slash == what || !slash[1])
		return false;
	bus = xstrndup(what, (size_t)(slash - what));
	name = !strcmp(bus, "pci") ? pci_name(slash + 1) : NULL;
	dev_init(dev, bus, name ? name : slash + 1);
	free(name);
	free(bus);
	return true;
}

bool resolve_absent(const char *what, struct dev *dev)
{
	char *path, *class;
	bool absent;

	if (*what == '/' || !by_name(what, dev))
		return false;
	path = xasprintf("/sys/bus/%s/devices/%s", dev->bus, dev->name);
	class = xasprintf("/sys/class/%s", dev->bus);	/* net/eth1 */
	absent = !sysfs_is_there(path) && !sysfs_is_there(class);
	free(class);
	free(path);
	if (!absent)
		dev_free(dev);
	return absent;
}

static bool is_bus(const char *subsystem)
{
	char *path = xasprintf("/sys/bus/%s/devices", subsystem);
	bool is = sysfs_is_there(path);

	free(path);
	return is;
}

static bool is_on_bus(struct udev_device *d)
{
	const char *subsystem = udev_device_get_subsystem(d);

	return subsystem && is_bus(subsystem);
}

static bool does_dma(struct udev_device *d)
{
	const char *path = udev_device_get_syspath(d);

	return is_on_bus(d) && (sysfs_has(path, "iommu_group") ||
				sysfs_has(path, "iommu_pt"));
}

/* On a bus of the kind that has masters: virtio0 or a SCSI target is none. */
static bool could_do_dma(struct udev_device *d)
{
	const char *subsystem = udev_device_get_subsystem(d);

	return subsystem && device_is_served(subsystem);
}

/* The first of @d and its parents that @test says yes to; not a reference. */
static struct udev_device *climb(struct udev_device *d,
				 bool (*test)(struct udev_device *))
{
	while (d && !test(d))
		d = udev_device_get_parent(d);
	return d;
}

static bool is_controller(const char *name)
{
	return !fnmatch("nvme[0-9]*", name, 0) &&
	       strchr(name, 'n') == strrchr(name, 'n');
}

/* One controller of a multipath NVMe head, if there is only one. */
static struct udev_device *nvme_controller(struct udev_device *head)
{
	struct udev_device *subsystem = udev_device_get_parent(head);
	const char *folder = subsystem ? udev_device_get_syspath(subsystem) : "";
	DIR *dir = subsystem ? open_entries(folder) : NULL;
	struct udev_device *found = NULL;
	struct dirent *entry;

	while (dir && (entry = next_entry(dir, folder))) {
		if (!is_controller(entry->d_name))
			continue;
		if (found) {
			udev_device_unref(found);
			found = NULL;
			break;
		}
		found = udevice_named("nvme", entry->d_name);
	}
	if (dir)
		closedir(dir);
	return found;
}

/*
 * A PCI device that is going loses its bus and its group before the folders below it
 * are gone, and the next above is the port it sits in: nobody means that.
 *
 * Return: whether there is one on the way from @d up to @master
 */
static bool leaves_one_out(struct udev_device *d, struct udev_device *master)
{
	const char *above = udev_device_get_syspath(master);
	char *way = xstrdup(udev_device_get_syspath(d) + strlen(above));
	char *at = way, *part, *name;
	bool found = false;

	while (!found && (part = strsep(&at, "/"))) {
		name = pci_name(part);
		found = name;
		free(name);
	}
	free(way);
	return found;
}

static struct udev_device *nearest(struct udev_device *d,
				   bool (*test)(struct udev_device *))
{
	struct udev_device *master = climb(d, test);

	return master && !leaves_one_out(d, master) ? master : NULL;
}

static struct udev_device *master_above(struct udev_device *d)
{
	struct udev_device *master = nearest(d, does_dma);

	return master ? master : nearest(d, could_do_dma);
}

/* @d may be a class device, a partition, a SCSI disk. */
static int resolve_from(const char *what, struct udev_device *d,
			struct dev *dev)
{
	const char *subsystem = udev_device_get_subsystem(d);
	struct udev_device *master = master_above(d), *controller = NULL;
	int ret = PTCTL_DONE;

	if (!master && subsystem && !strcmp(subsystem, "block")) {
		controller = nvme_controller(d);
		master = controller ? master_above(controller) : NULL;
	}
	if (!master && is_on_bus(d))
		master = d;
	if (!master)
		ret = msg_fail(PTCTL_FAILED,
			       "%s: no single device does its DMA (virtual, several paths, or being removed); name the device itself, see: ptctl list",
			       what);
	else if (!udevice_read(dev, master))
		ret = PTCTL_FAILED;
	if (controller)
		udev_device_unref(controller);
	return ret;
}

static struct udev_device *from_path(const char *what)
{
	char path[PATH_MAX];
	struct stat st;

	if (!realpath(what, path) || stat(path, &st))
		return NULL;
	if (S_ISBLK(st.st_mode) || S_ISCHR(st.st_mode))
		return udev_device_new_from_devnum(udevice_context(),
						   S_ISBLK(st.st_mode) ? 'b' :
									 'c',
						   st.st_rdev);
	return udevice_at(path);
}

static struct udev_device *from_class(const char *name)
{
	static const char *const classes[] = { "net", "block", "nvme" };
	struct udev_device *d = NULL;
	size_t i;

	for (i = 0; !d && i < sizeof(classes) / sizeof(classes[0]); i++)
		d = udevice_named(classes[i], name);
	return d;
}

/* The buses that have a device of this name. */
static void find_buses(const char *name, struct strings *buses)
{
	DIR *dir = open_entries("/sys/bus");
	struct dirent *entry;
	char *path;

	while (dir && (entry = next_entry(dir, "/sys/bus"))) {
		if (sysfs_is_dots(entry->d_name))
			continue;
		path = xasprintf("/sys/bus/%s/devices/%s", entry->d_name, name);
		if (sysfs_is_there(path))
			strings_add(buses, xstrdup(entry->d_name));
		free(path);
	}
	if (dir)
		closedir(dir);
}

static int unknown_device(const char *what)
{
	return msg_fail(PTCTL_FAILED,
			"unknown device '%s'; the devices there are: ptctl list",
			what);
}

static int ambiguous(const char *name, const struct strings *buses)
{
	size_t i;

	msg_err("'%s' is on several buses; say which:", name);
	for (i = 0; i < buses->count; i++)
		msg_err("  %s/%s", buses->at[i], name);
	return PTCTL_FAILED;
}

/* Of "virtio/virtio0" that one is meant, of "virtio0" what does its DMA. */
static int resolve_on_bus(const char *what, const char *bus, const char *name,
			  bool exact, struct dev *dev)
{
	struct udev_device *d = udevice_named(bus, name);
	int ret;

	if (!d)
		return unknown_device(what);
	/* One that is going has lost its bus first: what is above it is not meant. */
	if (!exact || !is_bus(bus))
		ret = resolve_from(what, d, dev);
	else if (sysfs_has(udev_device_get_syspath(d), "subsystem"))
		ret = udevice_read(dev, d) ? PTCTL_DONE : PTCTL_FAILED;
	else
		ret = unknown_device(what);
	udev_device_unref(d);
	return ret;
}

static int resolve_bare(const char *what, struct dev *dev)
{
	struct strings buses = { 0 };
	int ret;

	find_buses(what, &buses);
	if (!buses.count)
		ret = unknown_device(what);
	else if (buses.count > 1)
		ret = ambiguous(what, &buses);
	else
		ret = resolve_on_bus(what, buses.at[0], what, false, dev);
	strings_free(&buses);
	return ret;
}

int resolve_device(const char *what, struct dev *dev)
{
	struct udev_device *d = NULL;
	struct dev named;
	int ret;

	if (*what == '/' || *what == '.')
		d = from_path(what);
	else if (!strchr(what, '/') && *what)
		d = from_class(what);
	if (d) {
		ret = resolve_from(what, d, dev);
		udev_device_unref(d);
		return ret;
	}
	if (!*what || *what == '/' || sysfs_is_dots(what))
		return unknown_device(what);
	if (by_name(what, &named)) {
		ret = resolve_on_bus(what, named.bus, named.name, true, dev);
		dev_free(&named);
		return ret;
	}
	return resolve_bare(what, dev);
}
