// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <linux/loop.h>

#include "device.h"
#include "inuse.h"
#include "mounts.h"
#include "opener.h"
#include "route.h"
#include "sysfs.h"
#include "unread.h"

#define MAX_DEPTH	16	/* of what is stacked: LVM on LUKS on md on ... */
#define UDEV_TRIES	60	/* 3 s for it to look at a disk */
#define UDEV_WAIT_US	50000

/* Something on top of the device: what has a node in /dev, or an interface. */
struct part {
	char *syspath;
	char *name;
	dev_t blkno;		/* of a block device */
	dev_t chrno;		/* of a character device */
	unsigned int ifindex;	/* of an interface */
};

/* A loop device that has a block device for its file. */
struct loop {
	char *syspath;
	dev_t backing;
};

struct look {
	struct part *parts;
	size_t count;
	struct loop *loops;	/* all that there are, once a disk is found */
	size_t loop_count;
	bool loops_known;
	struct strings *findings;
};

static const char *base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void found(struct look *look, char *finding)
{
	size_t i;

	for (i = 0; i < look->findings->count; i++)
		if (!strcmp(look->findings->at[i], finding)) {
			free(finding);
			return;
		}
	strings_add(look->findings, finding);
}

/* ---- what is stacked on the device ---- */

static bool add_part(struct look *look, const char *syspath,
		     const struct part *numbers)
{
	struct part part = *numbers;
	size_t i;

	for (i = 0; i < look->count; i++)
		if (!strcmp(look->parts[i].syspath, syspath))
			return false;
	part.syspath = xstrdup(syspath);
	part.name = xstrdup(base(syspath));
	look->parts = grow(look->parts, look->count, sizeof(*look->parts));
	look->parts[look->count++] = part;
	return true;
}

/* Calls @fn with the real path of each entry of a folder that fits @prefix. */
static void each_link(struct look *look, const char *folder,
		      const char *prefix, int depth,
		      void (*fn)(struct look *, const char *, int))
{
	DIR *dir = open_entries(folder);
	struct dirent *entry;
	char real[PATH_MAX];

	while (dir && depth < MAX_DEPTH && (entry = next_entry(dir, folder))) {
		char *path;

		if (*entry->d_name == '.' ||
		    strncmp(entry->d_name, prefix, strlen(prefix)))
			continue;
		path = xasprintf("%s/%s", folder, entry->d_name);
		if (realpath(path, real))
			fn(look, real, depth + 1);
		else
			unread(path);
		free(path);
	}
	if (dir)
		closedir(dir);
}

static dev_t device_number(const char *syspath)
{
	char *text = sysfs_attr(syspath, "dev");
	unsigned int maj = 0, min = 0;
	bool ok = text && sscanf(text, "%u:%u", &maj, &min) == 2;

	free(text);
	return ok ? makedev(maj, min) : 0;
}

static bool is_block(const char *syspath)
{
	char *subsystem = sysfs_link(syspath, "subsystem");
	bool is = subsystem && !strcmp(subsystem, "block");

	free(subsystem);
	return is;
}

/* Why a node that cannot be opened leaves a question open; NULL: it does not. */
static const char *why_closed(int err)
{
	switch (err) {
	case ENOENT:
		return "there is no such node";
	case EACCES:
	case EPERM:
		return "the node may not be opened (without root's rights, or where a device cgroup or a mount option forbids it)";
	default:
		return NULL;
	}
}

/*
 * Asked of the kernel: of the path of its file, as sysfs has it, the node may be
 * gone, or be in another mount namespace.
 */
static dev_t loop_backing(struct look *look, const char *name)
{
	char *node = xasprintf("/dev/%s", name);
	int fd = open(node, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *why = fd < 0 ? why_closed(errno) : NULL;
	struct loop_info64 info = { 0 };

	if (why)
		found(look, xasprintf("what %s is attached to cannot be known: %s",
				      node, why));
	else if (fd < 0 || ioctl(fd, LOOP_GET_STATUS64, &info))
		unread(node);
	if (fd >= 0)
		close(fd);
	free(node);
	return info.lo_rdevice;
}

static void know_loop(const char *syspath, void *arg)
{
	struct look *look = arg;
	struct loop loop = { 0 };

	/* Most are not attached to anything, and not opened therefore. */
	if (strncmp(base(syspath), "loop", 4) ||
	    !sysfs_has(syspath, "loop/backing_file"))
		return;
	loop.backing = loop_backing(look, base(syspath));
	if (!loop.backing)
		return;
	loop.syspath = xstrdup(syspath);
	look->loops = grow(look->loops, look->loop_count, sizeof(*look->loops));
	look->loops[look->loop_count++] = loop;
}

static void add_block(struct look *look, const char *syspath, int depth);

/* They are not among a disk's holders, and leave it free for O_EXCL. */
static void add_loops(struct look *look, dev_t backing, int depth)
{
	size_t i;

	if (!look->loops_known)
		sysfs_each("/sys/block", know_loop, look);
	look->loops_known = true;
	for (i = 0; i < look->loop_count && depth < MAX_DEPTH; i++)
		if (look->loops[i].backing == backing)
			add_block(look, look->loops[i].syspath, depth + 1);
}

static void add_block(struct look *look, const char *syspath, int depth)
{
	struct part part = { .blkno = device_number(syspath) };
	char *holders;

	/* Character devices stand beside NVMe's disks, links among partitions. */
	if (!part.blkno || !is_block(syspath) ||
	    !add_part(look, syspath, &part))
		return;
	holders = xasprintf("%s/holders", syspath);
	each_link(look, holders, "", depth, add_block);
	free(holders);
	/* partitions: folders that begin with the disk's name */
	each_link(look, syspath, base(syspath), depth, add_block);
	add_loops(look, part.blkno, depth);
}

static void add_char(struct look *look, const char *syspath, int depth)
{
	struct part part = { .chrno = device_number(syspath) };

	(void)depth;
	if (part.chrno && !is_block(syspath))
		add_part(look, syspath, &part);
}

static void add_net(struct look *look, const char *syspath, int depth)
{
	char *ifindex = sysfs_attr(syspath, "ifindex");
	struct part part = { 0 };

	if (ifindex)
		part.ifindex = (unsigned int)strtoul(ifindex, NULL, 10);
	if (part.ifindex && add_part(look, syspath, &part)) {
		each_link(look, syspath, "upper_", depth, add_net);
		/* a macvtap's: what a virtual machine has open */
		each_link(look, syspath, "tap", depth, add_char);
	}
	free(ifindex);
}

/* Of a controller with several paths, the disk hangs off the subsystem. */
static void add_nvme_heads(struct look *look, const char *subsystem, int depth)
{
	each_link(look, subsystem, "nvme", depth, add_block);
	each_link(look, subsystem, "ng", depth, add_char);
}

static void add_nvme(struct look *look, const char *controller)
{
	static const char folder[] = "/sys/class/nvme-subsystem";
	DIR *dir = open_entries(folder);
	struct dirent *entry;

	while (dir && (entry = next_entry(dir, folder))) {
		char *subsystem = xasprintf("%s/%s", folder, entry->d_name);
		char *link = *entry->d_name == '.' ? NULL :
			     sysfs_link(subsystem, base(controller));

		if (link)
			add_nvme_heads(look, subsystem, 0);
		free(link);
		free(subsystem);
	}
	if (dir)
		closedir(dir);
}

static bool is_empty_folder(const char *path)
{
	DIR *dir = open_entries(path);
	struct dirent *entry;
	bool empty = dir;

	while (dir && (entry = next_entry(dir, path)))
		if (*entry->d_name != '.')
			empty = false;
	if (dir)
		closedir(dir);
	return empty;
}

/* The class folder stays when its interface has moved to a container. */
static void look_for_moved_net(struct look *look, const char *syspath)
{
	char *path = xasprintf("%s/net", syspath);

	if (is_empty_folder(path))
		found(look, xasprintf("its interface is in another network namespace"));
	free(path);
}

static void add_below(const char *subsystem, const char *syspath, void *arg)
{
	struct look *look = arg;

	if (!strcmp(subsystem, "block"))
		add_block(look, syspath, 0);
	else
		add_char(look, syspath, 0);
	if (!strcmp(subsystem, "net"))
		add_net(look, syspath, 0);
	else if (!strcmp(subsystem, "nvme"))
		add_nvme(look, syspath);
	else if (!strcmp(subsystem, "uio"))
		found(look, xasprintf("a userspace driver may be using it (/dev/%s)",
				      base(syspath)));
	else
		look_for_moved_net(look, syspath);
}

/* ---- file systems and swap ---- */

static bool is_of(const char *source, dev_t devno, dev_t blkno)
{
	struct stat st;

	if (devno == blkno)
		return true;
	/* btrfs has a number of its own, swap has none in the table */
	return source && *source == '/' && !stat(source, &st) &&
	       S_ISBLK(st.st_mode) && st.st_rdev == blkno;
}

static void look_at_mount(const char *source, const char *target, dev_t devno,
			  void *arg)
{
	struct look *look = arg;
	size_t i;

	for (i = 0; i < look->count; i++) {
		struct part *part = &look->parts[i];

		if (!part->blkno || !is_of(source, devno, part->blkno))
			continue;
		found(look, target ?
		      xasprintf("/dev/%s is mounted on %s", part->name, target) :
		      xasprintf("/dev/%s is swap space", part->name));
	}
}

static bool has_disks(const struct look *look)
{
	size_t i;

	for (i = 0; i < look->count; i++)
		if (look->parts[i].blkno)
			return true;
	return false;
}

static void look_for_mounts(struct look *look)
{
	const char *why = has_disks(look) ? mounts_each(look_at_mount, look) :
					    NULL;

	if (why)
		found(look, xasprintf("what is mounted cannot be known: %s", why));
}

/* ---- programs ---- */

/*
 * A program that only has a node open keeps parts of the driver alive beyond
 * its release. Linux 6.1's nvme frees DMA memory when the last one closes, and
 * takes the new domain for that in which it was allocated.
 */
struct open_nodes {
	const struct look *look;
	struct strings findings;
	bool only_udev;		/* which lets go in a moment */
};

static const struct part *part_of_node(const struct look *look,
				       const struct stat *node)
{
	size_t i;

	for (i = 0; node->st_rdev && i < look->count; i++)
		if (node->st_rdev == (S_ISBLK(node->st_mode) ?
				      look->parts[i].blkno :
				      look->parts[i].chrno))
			return &look->parts[i];
	return NULL;
}

static void look_at_opener(const char *pid, const struct stat *node, void *arg)
{
	struct open_nodes *open_nodes = arg;
	const struct part *part = part_of_node(open_nodes->look, node);
	char *process;

	if (!part)
		return;
	process = opener_name(pid);
	if (!strstr(process, "udev"))
		open_nodes->only_udev = false;
	strings_add(&open_nodes->findings,
		    xasprintf("%s has /dev/%s open", process, part->name));
	free(process);
}

static void look_for_openers(struct look *look)
{
	struct open_nodes open_nodes = { .look = look };
	bool all = true;
	int tries;
	size_t i;

	for (tries = 0; tries < UDEV_TRIES; tries++) {
		strings_free(&open_nodes.findings);
		open_nodes.only_udev = true;
		all = opener_each(look_at_opener, &open_nodes);
		if (!open_nodes.findings.count || !open_nodes.only_udev)
			break;
		usleep(UDEV_WAIT_US);
	}
	for (i = 0; i < open_nodes.findings.count; i++)
		found(look, xstrdup(open_nodes.findings.at[i]));
	if (!all)
		found(look, xasprintf("which programs have it open cannot be known: run ptctl as root with CAP_SYS_PTRACE, outside of any container"));
	strings_free(&open_nodes.findings);
}

/*
 * Opens of file systems, dm, md and careful programs exclude each other. A node
 * that is not there is in another /dev, unless the disk is gone as well.
 */
static void look_for_holder(struct look *look, const struct part *part)
{
	char *node = xasprintf("/dev/%s", part->name), *p;
	const char *why;
	int fd;

	for (p = node; *p; p++)		/* cciss!c0d0 is in a folder */
		if (*p == '!')
			*p = '/';
	fd = open(node, O_RDONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK);
	why = fd < 0 ? why_closed(errno) : NULL;
	if (fd >= 0)
		close(fd);
	else if (errno == EBUSY)
		found(look, xasprintf("/dev/%s is held by something (LVM, RAID, encryption, a program)",
				      part->name));
	else if (!why)
		unread(node);
	else if (errno != ENOENT || sysfs_is_there(part->syspath))
		found(look, xasprintf("whether %s is held by something cannot be known: %s",
				      node, why));
	free(node);
}

static void look_for_holders(struct look *look)
{
	size_t i;

	for (i = 0; i < look->count; i++)
		if (look->parts[i].blkno)
			look_for_holder(look, &look->parts[i]);
}

/* Attached, it has the disk open, be it in use itself or not. */
static void look_for_loops(struct look *look)
{
	size_t i, j;

	for (i = 0; i < look->loop_count; i++)
		for (j = 0; j < look->count; j++) {
			const char *name = base(look->loops[i].syspath);

			if (look->parts[j].blkno == look->loops[i].backing)
				found(look, xasprintf("/dev/%s is a loop device on /dev/%s (losetup -d /dev/%s detaches it)",
						      name, look->parts[j].name,
						      name));
		}
}

/* ---- exports ---- */

/* Opened by the kernel's NVMe target, which excludes nobody. */
static void look_at_export(const char *path, void *arg)
{
	struct look *look = arg;
	char *enable = sysfs_attr(path, "enable");
	char *node = sysfs_attr(path, "device_path");
	const struct part *part = NULL;
	struct stat st;

	if (enable && !strcmp(enable, "1") && node && !stat(node, &st))
		part = part_of_node(look, &st);
	if (part)
		found(look, xasprintf("/dev/%s is exported over NVMe (%s)",
				      part->name, path));
	free(node);
	free(enable);
}

static void look_at_subsystem(const char *path, void *arg)
{
	char *namespaces = xasprintf("%s/namespaces", path);
	char *passthru = xasprintf("%s/passthru", path);

	sysfs_each(namespaces, look_at_export, arg);
	look_at_export(passthru, arg);
	free(passthru);
	free(namespaces);
}

static void look_for_exports(struct look *look)
{
	sysfs_each("/sys/kernel/config/nvmet/subsystems", look_at_subsystem,
		   look);
}

/* ---- networks ---- */

static void look_at_route(unsigned int ifindex, const char *text, void *arg)
{
	struct look *look = arg;
	size_t i;

	for (i = 0; i < look->count; i++)
		if (look->parts[i].ifindex == ifindex)
			found(look, xasprintf("interface %s carries a route (%s)",
					      look->parts[i].name, text));
}

static void look_for_masters(struct look *look)
{
	size_t i;

	for (i = 0; i < look->count; i++) {
		char *master = look->parts[i].ifindex ?
			       sysfs_link(look->parts[i].syspath, "master") :
			       NULL;

		if (master)
			found(look, xasprintf("interface %s is a port of %s",
					      look->parts[i].name, master));
		free(master);
	}
}

static bool has_interfaces(const struct look *look)
{
	size_t i;

	for (i = 0; i < look->count; i++)
		if (look->parts[i].ifindex)
			return true;
	return false;
}

static void look_for_networks(struct look *look)
{
	if (!has_interfaces(look))
		return;
	if (route_each(look_at_route, look))
		found(look, xasprintf("which interfaces carry routes cannot be read"));
	look_for_masters(look);
}

/* ---- the device itself ---- */

static void look_at_device(struct look *look, const struct dev *dev)
{
	char *vfs = sysfs_attr(dev->syspath, "sriov_numvfs");

	if (dev_is_users(dev) ||
	    (dev->driver && !strcmp(dev->driver, "uio_pci_generic")))
		found(look, xasprintf("a userspace driver may be using it (%s)",
				      dev->driver));
	if (vfs && strtoul(vfs, NULL, 10))
		found(look, xasprintf("it has %s virtual functions, which would go away",
				      vfs));
	free(vfs);
}

/* Not for a device without any: every program's open files are looked through. */
static void look_at_parts(struct look *look)
{
	size_t before = look->findings->count;

	look_for_mounts(look);
	look_for_networks(look);
	look_for_openers(look);
	look_for_exports(look);
	/* A mount or an opener may hold it too: that would be said twice. */
	if (look->findings->count == before)
		look_for_holders(look);
	look_for_loops(look);
}

void inuse_look(const struct dev *dev, struct strings *findings)
{
	struct look look = { .findings = findings };

	look_at_device(&look, dev);
	device_descend(dev->syspath, add_below, &look);
	if (look.count)
		look_at_parts(&look);
	if (unread_any())
		found(&look, xasprintf("not all that may use it can be read"));
	while (look.count) {
		look.count--;
		free(look.parts[look.count].syspath);
		free(look.parts[look.count].name);
	}
	free(look.parts);
	while (look.loop_count)
		free(look.loops[--look.loop_count].syspath);
	free(look.loops);
}
