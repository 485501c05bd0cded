// SPDX-License-Identifier: GPL-2.0
/*
 * proof DEVICE [hold]: by one harmless DMA, does a virtio PCI device obey its
 * IOMMU? The device must be bound to vfio-pci. Prints one word:
 *
 *   translated    it wrote where the IOMMU led it
 *   bypass        it wrote to the physical address that it was given
 *   inconclusive  neither, or both; why is on stderr, and the status is 1
 *
 * Descriptors, available ring and buffer are where the device finds them either
 * way: at an I/O address that equals the physical one. The used ring, which the
 * device writes, has an I/O address that is mapped to one page of ours, the
 * witness, and is the physical address of another, the decoy. One request later
 * one of the two has an entry. Every page is pinned, and the device is reset
 * before they are given back.
 *
 * With "hold" the device stays open until standard input ends.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

#define PAGE		4096
#define QUEUE_SIZE	4
#define CAPS_MAX	48
#define PATIENCE	20		/* seconds for one request */
#define PINNED_AT	(1ULL << 36)	/* I/O address of no memory */
#define FIRST_MODERN_ID	0x1040

enum page { DESCRIPTORS, AVAILABLE, BUFFER, WITNESS, DECOY, PAGES };

struct place {
	uint8_t bar;
	uint32_t offset;
	bool known;
};

struct proof {
	int container;
	int group;
	int device;
	struct vfio_region_info config;
	struct vfio_region_info bars[PCI_STD_NUM_BARS];
	struct place common;
	struct place notify;
	uint32_t notify_step;
	unsigned int type;		/* VIRTIO_ID_* */
	uint8_t *pages;
	uint64_t physical[PAGES];
};

__attribute__((format(printf, 1, 2), noreturn))
static void inconclusive(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fprintf(stderr, "proof: ");
	vfprintf(stderr, fmt, args);
	fprintf(stderr, "\n");
	va_end(args);
	printf("inconclusive\n");
	exit(1);
}

/* ---- vfio ---- */

static int group_number(const char *name)
{
	char path[PATH_MAX], link[PATH_MAX];
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group",
		 name);
	len = readlink(path, link, sizeof(link) - 1);
	if (len < 0)
		inconclusive("%s is in no IOMMU group", name);
	link[len] = '\0';
	return atoi(strrchr(link, '/') + 1);
}

static void open_group(struct proof *p, const char *name)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char path[64];

	snprintf(path, sizeof(path), "/dev/vfio/%d", group_number(name));
	p->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	p->group = open(path, O_RDWR | O_CLOEXEC);
	if (p->container < 0 || p->group < 0)
		inconclusive("%s: %s", path, strerror(errno));
	if (ioctl(p->group, VFIO_GROUP_GET_STATUS, &status) ||
	    !(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		inconclusive("%s: another driver has a device of the group",
			     path);
	if (ioctl(p->group, VFIO_GROUP_SET_CONTAINER, &p->container) ||
	    ioctl(p->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		inconclusive("%s: no type1 IOMMU: %s", path, strerror(errno));
}

static void get_region(struct proof *p, unsigned int index,
		       struct vfio_region_info *region)
{
	region->argsz = sizeof(*region);
	region->index = index;
	if (ioctl(p->device, VFIO_DEVICE_GET_REGION_INFO, region))
		inconclusive("region %u: %s", index, strerror(errno));
}

static void open_device(struct proof *p, const char *name)
{
	unsigned int i;

	p->device = ioctl(p->group, VFIO_GROUP_GET_DEVICE_FD, name);
	if (p->device < 0)
		inconclusive("%s: %s", name, strerror(errno));
	get_region(p, VFIO_PCI_CONFIG_REGION_INDEX, &p->config);
	for (i = 0; i < PCI_STD_NUM_BARS; i++)
		get_region(p, VFIO_PCI_BAR0_REGION_INDEX + i, &p->bars[i]);
}

/* Registers are little-endian, and so are the machines this runs on. */
static uint32_t region_read(struct proof *p, const struct vfio_region_info *region,
			    uint64_t offset, size_t size)
{
	uint32_t value = 0;

	if (offset + size > region->size ||
	    pread(p->device, &value, size, (off_t)(region->offset + offset)) !=
	    (ssize_t)size)
		inconclusive("cannot read region %u at %#llx", region->index,
			     (unsigned long long)offset);
	return value;
}

static void region_write(struct proof *p, const struct vfio_region_info *region,
			 uint64_t offset, size_t size, uint32_t value)
{
	if (offset + size > region->size ||
	    pwrite(p->device, &value, size, (off_t)(region->offset + offset)) !=
	    (ssize_t)size)
		inconclusive("cannot write region %u at %#llx", region->index,
			     (unsigned long long)offset);
}

static uint32_t config_read(struct proof *p, uint64_t offset, size_t size)
{
	return region_read(p, &p->config, offset, size);
}

/* The device answers at its BARs, and may do DMA. Nobody waits for interrupts. */
static void enable(struct proof *p)
{
	uint32_t command = config_read(p, PCI_COMMAND, 2);

	region_write(p, &p->config, PCI_COMMAND, 2,
		     command | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
		     PCI_COMMAND_INTX_DISABLE);
}

/* ---- memory ---- */

static void map(struct proof *p, uint64_t at, unsigned int page,
		unsigned int count)
{
	struct vfio_iommu_type1_dma_map request = {
		.argsz = sizeof(request),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)(p->pages + (size_t)page * PAGE),
		.iova = at,
		.size = (uint64_t)count * PAGE,
	};

	if (ioctl(p->container, VFIO_IOMMU_MAP_DMA, &request))
		inconclusive("cannot map I/O address %#llx: %s",
			     (unsigned long long)at, strerror(errno));
}

static uint64_t physical_address(const void *page)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0, frame;

	if (fd < 0 || pread(fd, &entry, sizeof(entry),
			    (off_t)((uintptr_t)page / PAGE * sizeof(entry))) !=
		      sizeof(entry))
		inconclusive("/proc/self/pagemap: %s", strerror(errno));
	close(fd);
	frame = entry & ((1ULL << 55) - 1);
	if (!(entry & 1ULL << 63) || !frame || frame * PAGE >= PINNED_AT)
		inconclusive("no usable physical address");
	return frame * PAGE;
}

/* A page keeps its physical address only from when it is mapped on. */
static void map_pages(struct proof *p)
{
	unsigned int i;

	p->pages = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (p->pages == MAP_FAILED)
		inconclusive("no memory");
	memset(p->pages, 0, PAGES * PAGE);
	map(p, PINNED_AT, 0, PAGES);
	for (i = 0; i < PAGES; i++)
		p->physical[i] = physical_address(p->pages + i * PAGE);
	for (i = DESCRIPTORS; i <= BUFFER; i++)
		map(p, p->physical[i], i, 1);
	map(p, p->physical[DECOY], WITNESS, 1);
}

static void *page_of(struct proof *p, enum page page)
{
	return p->pages + (size_t)page * PAGE;
}

/* ---- the device ---- */

static void note_place(struct proof *p, uint64_t pos, struct place *place)
{
	if (place->known)
		return;
	place->bar = (uint8_t)config_read(p, pos + VIRTIO_PCI_CAP_BAR, 1);
	place->offset = config_read(p, pos + VIRTIO_PCI_CAP_OFFSET, 4);
	place->known = place->bar < PCI_STD_NUM_BARS;
}

static void note_capability(struct proof *p, uint64_t pos)
{
	switch (config_read(p, pos + VIRTIO_PCI_CAP_CFG_TYPE, 1)) {
	case VIRTIO_PCI_CAP_COMMON_CFG:
		note_place(p, pos, &p->common);
		break;
	case VIRTIO_PCI_CAP_NOTIFY_CFG:
		note_place(p, pos, &p->notify);
		p->notify_step = config_read(p, pos +
			offsetof(struct virtio_pci_notify_cap,
				 notify_off_multiplier), 4);
		break;
	}
}

static void find_places(struct proof *p)
{
	uint32_t pos = config_read(p, PCI_CAPABILITY_LIST, 1);
	unsigned int n;

	for (n = 0; pos && n < CAPS_MAX; n++) {
		if (config_read(p, pos, 1) == PCI_CAP_ID_VNDR)
			note_capability(p, pos);
		pos = config_read(p, pos + PCI_CAP_LIST_NEXT, 1);
	}
	if (!p->common.known || !p->notify.known)
		inconclusive("not a modern virtio device");
}

static void identify(struct proof *p)
{
	uint32_t id = config_read(p, PCI_DEVICE_ID, 2);

	p->type = id >= FIRST_MODERN_ID ? id - FIRST_MODERN_ID :
					  config_read(p, PCI_SUBSYSTEM_ID, 2);
}

static uint32_t common_read(struct proof *p, size_t field, size_t size)
{
	return region_read(p, &p->bars[p->common.bar],
			   p->common.offset + field, size);
}

static void common_write(struct proof *p, size_t field, size_t size,
			 uint32_t value)
{
	region_write(p, &p->bars[p->common.bar], p->common.offset + field, size,
		     value);
}

#define FIELD(name)	offsetof(struct virtio_pci_common_cfg, name)

static void add_status(struct proof *p, uint32_t bits)
{
	common_write(p, FIELD(device_status), 1,
		     common_read(p, FIELD(device_status), 1) | bits);
}

static void reset(struct proof *p)
{
	common_write(p, FIELD(device_status), 1, 0);
	while (common_read(p, FIELD(device_status), 1))
		usleep(1000);
}

/* VERSION_1, and that DMA is as the platform says, if it is offered. */
static void negotiate(struct proof *p)
{
	uint32_t high;

	reset(p);
	add_status(p, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	add_status(p, VIRTIO_CONFIG_S_DRIVER);
	common_write(p, FIELD(device_feature_select), 4, 1);
	high = common_read(p, FIELD(device_feature), 4);
	high &= 1U << (VIRTIO_F_VERSION_1 - 32) |
		1U << (VIRTIO_F_ACCESS_PLATFORM - 32);
	common_write(p, FIELD(guest_feature_select), 4, 1);
	common_write(p, FIELD(guest_feature), 4, high);
	common_write(p, FIELD(guest_feature_select), 4, 0);
	common_write(p, FIELD(guest_feature), 4, 0);
	add_status(p, VIRTIO_CONFIG_S_FEATURES_OK);
	if (!(common_read(p, FIELD(device_status), 1) &
	      VIRTIO_CONFIG_S_FEATURES_OK))
		inconclusive("the device refuses the features");
}

static void write_address(struct proof *p, size_t field, uint64_t address)
{
	common_write(p, field, 4, (uint32_t)address);
	common_write(p, field + 4, 4, (uint32_t)(address >> 32));
}

static void set_up_queue(struct proof *p, uint32_t queue)
{
	common_write(p, FIELD(queue_select), 2, queue);
	if (common_read(p, FIELD(queue_size), 2) < QUEUE_SIZE)
		inconclusive("queue %u is too small", queue);
	common_write(p, FIELD(queue_size), 2, QUEUE_SIZE);
	write_address(p, FIELD(queue_desc_lo), p->physical[DESCRIPTORS]);
	write_address(p, FIELD(queue_avail_lo), p->physical[AVAILABLE]);
	write_address(p, FIELD(queue_used_lo), p->physical[DECOY]);
	common_write(p, FIELD(queue_enable), 2, 1);
	add_status(p, VIRTIO_CONFIG_S_DRIVER_OK);
}

static void notify(struct proof *p, uint32_t queue)
{
	uint32_t off = common_read(p, FIELD(queue_notify_off), 2);

	region_write(p, &p->bars[p->notify.bar],
		     p->notify.offset + (uint64_t)off * p->notify_step, 2,
		     queue);
}

/* ---- the request ---- */

static void describe(struct proof *p, unsigned int index, size_t offset,
		     size_t len, unsigned int flags)
{
	struct vring_desc *desc = page_of(p, DESCRIPTORS);

	desc[index] = (struct vring_desc){
		.addr = p->physical[BUFFER] + offset,
		.len = (uint32_t)len,
		.flags = (uint16_t)flags,
		.next = (uint16_t)(index + 1),
	};
}

/* A sector is read. */
static void describe_block(struct proof *p)
{
	struct virtio_blk_outhdr *header = page_of(p, BUFFER);

	*header = (struct virtio_blk_outhdr){ .type = VIRTIO_BLK_T_IN };
	describe(p, 0, 0, sizeof(*header), VRING_DESC_F_NEXT);
	describe(p, 1, 512, 512, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE);
	describe(p, 2, 1024, 1, VRING_DESC_F_WRITE);
}

/* A frame from nobody to nobody, of a type that is free for experiments. */
static void describe_frame(struct proof *p)
{
	uint8_t *frame = page_of(p, BUFFER);
	size_t header = sizeof(struct virtio_net_hdr_v1);

	frame[header] = frame[header + 6] = 0x02;
	frame[header + 12] = 0x88;
	frame[header + 13] = 0xb5;
	describe(p, 0, 0, header + 60, 0);
}

/* Return: the queue that it is for. */
static uint32_t make_request(struct proof *p)
{
	struct vring_avail *avail = page_of(p, AVAILABLE);

	avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
	avail->idx = 1;
	switch (p->type) {
	case VIRTIO_ID_NET:
		describe_frame(p);
		return 1;
	case VIRTIO_ID_BLOCK:
		describe_block(p);
		return 0;
	case VIRTIO_ID_RNG:
		describe(p, 0, 0, 64, VRING_DESC_F_WRITE);
		return 0;
	default:
		inconclusive("no request for a virtio device of type %u",
			     p->type);
	}
}

static bool has_entry(struct proof *p, enum page page)
{
	volatile struct vring_used *used = page_of(p, page);

	return used->idx;
}

static bool is_blank(struct proof *p, enum page page)
{
	static const uint8_t blank[PAGE];

	return !memcmp(page_of(p, page), blank, PAGE);
}

static void wait_for_entry(struct proof *p)
{
	time_t end = time(NULL) + PATIENCE;

	while (!has_entry(p, WITNESS) && !has_entry(p, DECOY)) {
		if (time(NULL) > end) {
			reset(p);
			inconclusive("the device has not answered in %d seconds",
				     PATIENCE);
		}
		usleep(1000);
	}
}

static const char *verdict(struct proof *p)
{
	bool led = has_entry(p, WITNESS), bypassed = has_entry(p, DECOY);

	if (led && is_blank(p, DECOY))
		return "translated";
	if (bypassed && is_blank(p, WITNESS))
		return "bypass";
	inconclusive("the device wrote to both pages");
}

static const char *prove(struct proof *p, const char *name)
{
	uint32_t queue;

	open_group(p, name);
	open_device(p, name);
	enable(p);
	find_places(p);
	identify(p);
	map_pages(p);
	queue = make_request(p);
	negotiate(p);
	set_up_queue(p, queue);
	notify(p, queue);
	wait_for_entry(p);
	reset(p);
	return verdict(p);
}

static void wait_for_end_of_input(void)
{
	char c;

	while (read(STDIN_FILENO, &c, 1) > 0)
		;
}

int main(int argc, char **argv)
{
	struct proof p = { 0 };

	if (argc < 2 || argc > 3 || (argc == 3 && strcmp(argv[2], "hold"))) {
		fprintf(stderr, "usage: proof DEVICE [hold]\n");
		return 2;
	}
	printf("%s\n", prove(&p, argv[1]));
	fflush(stdout);
	if (argc == 3)
		wait_for_end_of_input();
	return 0;
}
