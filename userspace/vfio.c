// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "ptctl.h"
#include "sysfs.h"
#include "vfio.h"
#include "xalloc.h"

#define REGIONS	(VFIO_CONFIG + 1)

/* Which region is in the upper bits of an offset. */
_Static_assert(sizeof(off_t) == 8, "needs -D_FILE_OFFSET_BITS=64");

struct vfio {
	int container;
	int group;
	int device;
	struct vfio_region_info regions[REGIONS];
	char *failure;
};

__attribute__((format(printf, 3, 4)))
static int refuse(char **why, int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (vasprintf(why, format, args) < 0)
		abort();
	va_end(args);
	return status;
}

/* ---- container and group ---- */

static int open_container(struct vfio *vfio, char **why)
{
	vfio->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (vfio->container < 0)
		return refuse(why, errno == ENOENT || errno == ENODEV ?
			      PTCTL_UNSUPPORTED : PTCTL_FAILED,
			      "/dev/vfio/vfio: %m; is the module vfio there?");
	if (ioctl(vfio->container, VFIO_GET_API_VERSION) != VFIO_API_VERSION)
		return refuse(why, PTCTL_UNSUPPORTED,
			      "vfio is of a version that is not known");
	if (ioctl(vfio->container, VFIO_CHECK_EXTENSION,
		  VFIO_TYPE1v2_IOMMU) != 1)
		return refuse(why, PTCTL_UNSUPPORTED,
			      "vfio has no IOMMU of type 1; is the module vfio_iommu_type1 there?");
	return PTCTL_DONE;
}

/* vfio makes groups without an IOMMU when it is told to: those have a name. */
static bool has_iommu(const struct dev *dev)
{
	char *name = dev->group < 0 ? NULL :
		     sysfs_attr(dev->syspath, "iommu_group/name");
	bool has = dev->group >= 0 && (!name || !strstr(name, "noiommu"));

	free(name);
	return has;
}

static int open_group(struct vfio *vfio, const struct dev *dev, char **why)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char *path;
	int err;

	if (!has_iommu(dev))
		return refuse(why, PTCTL_UNSUPPORTED,
			      "it is in no IOMMU group");
	path = xasprintf("/dev/vfio/%ld", dev->group);
	vfio->group = open(path, O_RDWR | O_CLOEXEC);
	err = errno;
	free(path);
	errno = err;
	if (vfio->group < 0)
		return refuse(why, err == EBUSY ? PTCTL_BUSY : PTCTL_FAILED,
			      err == EBUSY ?
			      "/dev/vfio/%ld: another program has it open" :
			      "/dev/vfio/%ld: %m", dev->group);
	if (ioctl(vfio->group, VFIO_GROUP_GET_STATUS, &status) ||
	    !(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		return refuse(why, PTCTL_BUSY,
			      "another device of group %ld has a driver of the kernel's",
			      dev->group);
	return PTCTL_DONE;
}

static int join(struct vfio *vfio, char **why)
{
	if (ioctl(vfio->group, VFIO_GROUP_SET_CONTAINER, &vfio->container))
		return refuse(why, PTCTL_FAILED,
			      "vfio does not take the group: %m");
	if (!ioctl(vfio->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return PTCTL_DONE;
	if (errno == EPERM)
		return refuse(why, PTCTL_UNSUPPORTED,
			      "vfio wants interrupts remapped, and they are not; if you trust the device not to write any: modprobe vfio_iommu_type1 allow_unsafe_interrupts=1");
	return refuse(why, PTCTL_UNSUPPORTED,
		      "vfio has no domain of type 1 for the group: %m");
}

/* ---- the device ---- */

static int get_regions(struct vfio *vfio, char **why)
{
	unsigned int i;

	for (i = 0; i < REGIONS; i++) {
		struct vfio_region_info *region = &vfio->regions[i];

		region->argsz = sizeof(*region);
		region->index = i == VFIO_CONFIG ?
				VFIO_PCI_CONFIG_REGION_INDEX : i;
		if (ioctl(vfio->device, VFIO_DEVICE_GET_REGION_INFO, region))
			return refuse(why, PTCTL_FAILED,
				      "vfio tells nothing of region %u: %m", i);
	}
	return PTCTL_DONE;
}

static int open_device(struct vfio *vfio, const struct dev *dev, char **why)
{
	vfio->device = ioctl(vfio->group, VFIO_GROUP_GET_DEVICE_FD, dev->name);
	if (vfio->device < 0)
		return refuse(why, errno == EBUSY ? PTCTL_BUSY : PTCTL_FAILED,
			      "vfio does not open it: %m");
	return get_regions(vfio, why);
}

int vfio_open(struct vfio **out, const struct dev *dev, char **why)
{
	struct vfio *vfio = xcalloc(1, sizeof(*vfio));
	int ret;

	vfio->container = vfio->group = vfio->device = -1;
	ret = open_container(vfio, why);
	if (!ret)
		ret = open_group(vfio, dev, why);
	if (!ret)
		ret = join(vfio, why);
	if (!ret)
		ret = open_device(vfio, dev, why);
	if (ret)
		vfio_close(vfio);
	else
		*out = vfio;
	return ret;
}

/* The device first: what it could reach stays pinned until it is closed. */
void vfio_close(struct vfio *vfio)
{
	if (!vfio)
		return;
	if (vfio->device >= 0)
		close(vfio->device);
	if (vfio->group >= 0)
		close(vfio->group);
	if (vfio->container >= 0)
		close(vfio->container);
	free(vfio->failure);
	free(vfio);
}

/* ---- memory ---- */

int vfio_map(struct vfio *vfio, uint64_t address, void *memory, size_t size)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)memory,
		.iova = address,
		.size = size,
	};

	return ioctl(vfio->container, VFIO_IOMMU_MAP_DMA, &map) ? -errno : 0;
}

void vfio_unmap(struct vfio *vfio, uint64_t address, size_t size)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = address,
		.size = size,
	};

	ioctl(vfio->container, VFIO_IOMMU_UNMAP_DMA, &unmap);
}

/* ---- registers: little-endian, as the machines are that this runs on ---- */

static void note_failure(struct vfio *vfio, const char *what,
			 unsigned int region, uint64_t offset)
{
	if (region == VFIO_CONFIG)
		vfio->failure = xasprintf("its configuration space cannot be %s at %#llx",
					  what, (unsigned long long)offset);
	else
		vfio->failure = xasprintf("its BAR %u cannot be %s at %#llx",
					  region, what,
					  (unsigned long long)offset);
}

static bool is_inside(const struct vfio *vfio, unsigned int region,
		      uint64_t offset, size_t size)
{
	return region < REGIONS && size <= vfio->regions[region].size &&
	       offset <= vfio->regions[region].size - size;
}

uint32_t vfio_read(struct vfio *vfio, unsigned int region, uint64_t offset,
		   size_t size)
{
	uint32_t value = 0;

	if (vfio->failure)
		return 0;
	if (!is_inside(vfio, region, offset, size) ||
	    pread(vfio->device, &value, size,
		  (off_t)(vfio->regions[region].offset + offset)) !=
		    (ssize_t)size) {
		note_failure(vfio, "read", region, offset);
		return 0;
	}
	return value;
}

void vfio_write(struct vfio *vfio, unsigned int region, uint64_t offset,
		size_t size, uint32_t value)
{
	if (vfio->failure)
		return;
	if (!is_inside(vfio, region, offset, size) ||
	    pwrite(vfio->device, &value, size,
		   (off_t)(vfio->regions[region].offset + offset)) !=
		    (ssize_t)size)
		note_failure(vfio, "written", region, offset);
}

uint64_t vfio_size(const struct vfio *vfio, unsigned int region)
{
	return region < REGIONS ? vfio->regions[region].size : 0;
}

const char *vfio_failure(const struct vfio *vfio)
{
	return vfio->failure;
}

void vfio_enable(struct vfio *vfio)
{
	uint32_t command = vfio_read(vfio, VFIO_CONFIG, PCI_COMMAND, 2);

	vfio_write(vfio, VFIO_CONFIG, PCI_COMMAND, 2,
		   command | PCI_COMMAND_IO | PCI_COMMAND_MEMORY |
		   PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
}
