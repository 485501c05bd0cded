// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <fts.h>
#include <libudev.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device.h"
#include "msg.h"
#include "ptctl.h"
#include "unread.h"

#define GROUPS	"/sys/kernel/iommu_groups"

static struct udev *udev(void)
{
	static struct udev *context;

	if (!context)
		context = udev_new();
	return context;
}

/* ---- reading sysfs ---- */

char *device_attr(const char *syspath, const char *attr)
{
	char *path = xasprintf("%s/%s", syspath, attr);
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;

	errno = file ? 0 : errno;
	if (!file || getline(&line, &room, file) < 0) {
		unread(path);
		free(line);
		line = NULL;
	} else {
		line[strcspn(line, "\n")] = '\0';
	}
	if (file)
		fclose(file);
	free(path);
	return line;
}

char *device_link(const char *syspath, const char *link)
{
	char *path = xasprintf("%s/%s", syspath, link);
	char target[PATH_MAX];
	ssize_t len = readlink(path, target, sizeof(target) - 1);

	if (len < 0)
		unread(path);
	free(path);
	if (len < 0)
		return NULL;
	target[len] = '\0';
	return xstrdup(basename(target));
}

static bool is_there(const char *path)
{
	bool there = !access(path, F_OK);

	if (!there)
		unread(path);
	return there;
}

static bool has(const char *syspath, const char *file)
{
	char *path = xasprintf("%s/%s", syspath, file);
	bool there = is_there(path);

	free(path);
	return there;
}

/* What sysfs tells of "untrusted or removable" is the latter only. */
static enum rule_tri read_external(const char *syspath)
{
	char *removable = device_attr(syspath, "removable");
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

/* As rules match it. Some buses (amba) have it in the uevent only. */
static char *read_modalias(const char *syspath, struct udev_device *d)
{
	char *modalias = device_attr(syspath, "modalias");

	if (modalias && *modalias)
		return modalias;
	free(modalias);
	return xstrdup(udev_device_get_property_value(d, "MODALIAS"));
}

/* Return: false if it cannot be read, with a complaint */
static bool read_udev(struct dev *dev, struct udev_device *d)
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
	group = device_link(syspath, "iommu_group");
	dev_init(dev, subsystem, name);
	dev->syspath = xstrdup(syspath);
	dev->driver = device_link(syspath, "driver");
	dev->modalias = read_modalias(syspath, d);
	if (group)
		dev->group = strtol(group, NULL, 10);
	dev->external = read_external(syspath);
	dev->virtio = read_virtio(dev);
	free(group);
	return true;
}

/* ---- what a person means ---- */

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
	const char *tail = what + len - 7;
	unsigned long domain;
	char *name, *p;

	if (len < 7 || !is_hex(tail, 2) || tail[2] != ':' ||
	    !is_hex(tail + 3, 2) || tail[5] != '.' || tail[6] < '0' ||
	    tail[6] > '7')
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

bool device_absent(const char *what, struct dev *dev)
{
	char *path, *class;
	bool absent;

	if (*what == '/' || !by_name(what, dev))
		return false;
	path = xasprintf("/sys/bus/%s/devices/%s", dev->bus, dev->name);
	class = xasprintf("/sys/class/%s", dev->bus);	/* net/eth1 */
	absent = !is_there(path) && !is_there(class);
	free(class);
	free(path);
	if (!absent)
		dev_free(dev);
	return absent;
}

static bool is_on_bus(struct udev_device *d)
{
	const char *subsystem = udev_device_get_subsystem(d);
	char *path;
	bool is;

	if (!subsystem)
		return false;
	path = xasprintf("/sys/bus/%s/devices", subsystem);
	is = is_there(path);
	free(path);
	return is;
}

static bool does_dma(struct udev_device *d)
{
	const char *path = udev_device_get_syspath(d);

	return is_on_bus(d) && (has(path, "iommu_group") ||
				has(path, "iommu_pt"));
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

/* A device of libudev's; NULL if there is none, or with a complaint. */
static struct udev_device *from_syspath(const char *path)
{
	struct udev_device *d;

	errno = 0;
	d = udev() ? udev_device_new_from_syspath(udev(), path) : NULL;
	if (!d)
		unread(path);
	return d;
}

static struct udev_device *from_sysname(const char *subsystem, const char *name)
{
	struct udev_device *d;

	errno = 0;
	d = udev() ? udev_device_new_from_subsystem_sysname(udev(), subsystem,
							    name) : NULL;
	if (!d)
		unread(name);
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
		found = from_sysname("nvme", entry->d_name);
	}
	if (dir)
		closedir(dir);
	return found;
}

static struct udev_device *master_above(struct udev_device *d)
{
	struct udev_device *master = climb(d, does_dma);

	return master ? master : climb(d, could_do_dma);
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
			       "%s: no single device does its DMA (virtual, or several paths); name the device itself, see: ptctl list",
			       what);
	else if (!read_udev(dev, master))
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
		return udev_device_new_from_devnum(udev(),
						   S_ISBLK(st.st_mode) ? 'b' :
									 'c',
						   st.st_rdev);
	return from_syspath(path);
}

static struct udev_device *from_class(const char *name)
{
	static const char *const classes[] = { "net", "block", "nvme" };
	struct udev_device *d = NULL;
	size_t i;

	for (i = 0; !d && i < sizeof(classes) / sizeof(classes[0]); i++)
		d = from_sysname(classes[i], name);
	return d;
}

static bool is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

/* The buses that have a device of this name. */
static void find_buses(const char *name, struct strings *buses)
{
	DIR *dir = open_entries("/sys/bus");
	struct dirent *entry;
	char *path;

	while (dir && (entry = next_entry(dir, "/sys/bus"))) {
		if (is_dots(entry->d_name))
			continue;
		path = xasprintf("/sys/bus/%s/devices/%s", entry->d_name, name);
		if (is_there(path))
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
	struct udev_device *d = from_sysname(bus, name);
	int ret;

	if (!d)
		return unknown_device(what);
	if (exact && is_on_bus(d)) {
		ret = read_udev(dev, d) ? PTCTL_DONE : PTCTL_FAILED;
	} else {
		ret = resolve_from(what, d, dev);
	}
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

int device_resolve(const char *what, struct dev *dev)
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
	if (!*what || *what == '/' || is_dots(what))
		return unknown_device(what);
	if (by_name(what, &named)) {
		ret = resolve_on_bus(what, named.bus, named.name, true, dev);
		dev_free(&named);
		return ret;
	}
	return resolve_bare(what, dev);
}

/* ---- all devices ---- */

static void add_path(const char *path, struct devs *devs)
{
	struct udev_device *d = NULL;
	char real[PATH_MAX];
	struct dev dev;

	if (realpath(path, real))
		d = from_syspath(real);
	else
		unread(path);
	errno = 0;
	if (d && udev_device_get_subsystem(d)) {
		if (read_udev(&dev, d))
			devs_add(devs, &dev);
	} else if (d) {
		unread(path);
	}
	if (d)
		udev_device_unref(d);
}

/* Calls @fn for each entry of a folder; one that is not there is empty. */
static void each_entry(const char *folder, void (*fn)(const char *, void *),
		       void *arg)
{
	DIR *dir = open_entries(folder);
	struct dirent *entry;

	while (dir && (entry = next_entry(dir, folder)))
		if (!is_dots(entry->d_name)) {
			char *path = xasprintf("%s/%s", folder, entry->d_name);

			fn(path, arg);
			free(path);
		}
	if (dir)
		closedir(dir);
}

static void add_member(const char *path, void *arg)
{
	add_path(path, arg);
}

static void add_group(const char *path, void *arg)
{
	char *folder = xasprintf("%s/devices", path);

	each_entry(folder, add_member, arg);
	free(folder);
}

static void add_ungrouped(const char *path, void *arg)
{
	if (!has(path, "iommu_group"))
		add_path(path, arg);
}

void device_scan(struct devs *devs)
{
	each_entry(GROUPS, add_group, devs);
	each_entry("/sys/bus/pci/devices", add_ungrouped, devs);
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

	each_entry(GROUPS, add_number, &names);
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
	char *type = device_attr(path, "type");

	free(path);
	return type;
}

const char *device_kind(const char *iommu)
{
	char *path = xasprintf("/sys/class/iommu/%s", iommu);
	const char *kind = "IOMMU";

	if (has(path, "intel-iommu"))
		kind = "Intel VT-d";
	else if (has(path, "amd-iommu"))
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
	each_entry("/sys/class/iommu", add_iommu, list);
}

/* ---- more of one device, for who asks ---- */

static char *bus_path(const struct dev *dev)
{
	return xasprintf("/sys/bus/%s/devices/%s", dev->bus, dev->name);
}

char *device_iommu(const struct dev *dev)
{
	char *path = bus_path(dev);
	char *iommu = device_link(path, "iommu");

	free(path);
	return iommu;
}

char *device_modalias(const struct dev *dev)
{
	struct udev_device *d;
	char *modalias;

	if (dev->modalias)
		return xstrdup(dev->modalias);
	d = from_sysname(dev->bus, dev->name);
	if (!d)
		return NULL;
	modalias = read_modalias(udev_device_get_syspath(d), d);
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
		hwdb = udev_hwdb_new(udev());
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
		subsystem = device_link(entry->fts_path, "subsystem");
		if (subsystem)
			fn(subsystem, entry->fts_path, arg);
		free(subsystem);
	}
	if (fts)
		fts_close(fts);
}
