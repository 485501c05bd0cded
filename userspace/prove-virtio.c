// SPDX-License-Identifier: GPL-2.0
/*
 * Virtio: whatever its type, a device writes the used ring of a queue when it
 * has taken something from it, so that ring is put at the target. The types that
 * are met most get a request that makes sense; any other gets a buffer in each
 * of its queues, with nothing in it that could be a request, and
 * VIRTIO_F_EVENT_IDX has it write which buffers it has taken.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <linux/pci_regs.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>
#include <linux/virtio_scsi.h>

#include "prove.h"
#include "xalloc.h"

#define VENDOR_VIRTIO	0x1af4
#define FIRST_ID	0x1000
#define FIRST_MODERN_ID	0x1040
#define LAST_ID		0x107f

#define CAPS_MAX	48
#define QUEUES_MAX	16
#define QUEUE_SIZE	4
#define QUEUE_SLOT	256		/* bytes of a queue in its page */
#define AVAIL_AT	128		/* in that */
#define USED_SLOT	128
#define LEGACY_PAGE	4096		/* in which a legacy queue is told */

/* Pages that the device finds either way. */
enum { BUFFER, QUEUES };

struct place {
	unsigned int bar;
	uint32_t offset;
	bool known;
};

/**
 * struct ring - a queue
 * @desc: descriptors
 * @avail: what the device may take
 */
struct ring {
	struct vring_desc *desc;
	struct vring_avail *avail;
};

struct virtio {
	struct proof *proof;
	unsigned int type;		/* VIRTIO_ID_* */
	bool legacy;
	struct place common;
	struct place notify;
	uint32_t notify_step;
};

static bool match(const struct pci_ids *ids)
{
	return ids->vendor == VENDOR_VIRTIO && ids->device >= FIRST_ID &&
	       ids->device <= LAST_ID &&
	       ids->device != FIRST_MODERN_ID + VIRTIO_ID_IOMMU;
}

/* ---- requests ---- */

static void describe(struct virtio *v, struct ring *ring, unsigned int index,
		     size_t offset, size_t len, unsigned int flags)
{
	ring->desc[index] = (struct vring_desc){
		.addr = proof_address(v->proof, BUFFER) + offset,
		.len = (uint32_t)len,
		.flags = (uint16_t)flags,
		.next = (uint16_t)(index + 1),
	};
}

/* A frame from nobody to nobody, of a type that is free for experiments. */
static void send_frame(struct virtio *v, struct ring *ring)
{
	size_t header = v->legacy ? sizeof(struct virtio_net_hdr) :
				    sizeof(struct virtio_net_hdr_v1);
	uint8_t *frame = (uint8_t *)proof_page(v->proof, BUFFER) + 64;

	frame[0] = frame[6] = 0x02;
	frame[12] = 0x88;
	frame[13] = 0xb5;
	describe(v, ring, 0, 0, header, VRING_DESC_F_NEXT);
	describe(v, ring, 1, 64, 60, 0);
}

static void read_sector(struct virtio *v, struct ring *ring)
{
	struct virtio_blk_outhdr *header = proof_page(v->proof, BUFFER);

	*header = (struct virtio_blk_outhdr){ .type = VIRTIO_BLK_T_IN };
	describe(v, ring, 0, 0, sizeof(*header), VRING_DESC_F_NEXT);
	describe(v, ring, 1, 512, 512, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE);
	describe(v, ring, 2, 1024, 1, VRING_DESC_F_WRITE);
}

static void draw_random(struct virtio *v, struct ring *ring)
{
	describe(v, ring, 0, 0, 64, VRING_DESC_F_WRITE);
}

/* TEST UNIT READY, which is all zeros, to the last target there could be. */
static void test_unit(struct virtio *v, struct ring *ring)
{
	struct virtio_scsi_cmd_req *request = proof_page(v->proof, BUFFER);

	request->lun[0] = 1;
	request->lun[1] = 0xff;
	request->lun[2] = 0x40;
	describe(v, ring, 0, 0, sizeof(*request), VRING_DESC_F_NEXT);
	describe(v, ring, 1, 512, sizeof(struct virtio_scsi_cmd_resp),
		 VRING_DESC_F_WRITE);
}

static const struct request {
	unsigned int type;
	unsigned int queue;
	const char *name;
	void (*fill)(struct virtio *v, struct ring *ring);
} requests[] = {
	{ VIRTIO_ID_NET, 1, "net", send_frame },
	{ VIRTIO_ID_BLOCK, 0, "blk", read_sector },
	{ VIRTIO_ID_RNG, 0, "rng", draw_random },
	{ VIRTIO_ID_SCSI, 2, "scsi", test_unit },
};

static const struct request *find_request(const struct virtio *v)
{
	size_t i;

	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (requests[i].type == v->type)
			return &requests[i];
	return NULL;
}

/* Without one: a buffer to write in, so that nothing in it is obeyed. */
static void fill(struct virtio *v, const struct request *request,
		 struct ring *ring)
{
	if (request)
		request->fill(v, ring);
	else
		describe(v, ring, 0, 0, 512, VRING_DESC_F_WRITE);
	ring->avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
	ring->avail->idx = 1;
}

static void name_it(struct virtio *v, const struct request *request)
{
	char *number = request ? NULL : xasprintf("type %u", v->type);

	free(v->proof->what);
	v->proof->what = xasprintf("virtio %s%s, used ring",
				   request ? request->name : number,
				   v->legacy ? " (legacy)" : "");
	free(number);
}

/* ---- modern devices ---- */

static uint32_t config(struct virtio *v, uint64_t offset, size_t size)
{
	return vfio_read(v->proof->vfio, VFIO_CONFIG, offset, size);
}

static void note_place(struct virtio *v, uint64_t at, struct place *place)
{
	if (place->known)
		return;
	place->bar = config(v, at + VIRTIO_PCI_CAP_BAR, 1);
	place->offset = config(v, at + VIRTIO_PCI_CAP_OFFSET, 4);
	place->known = place->bar < PCI_STD_NUM_BARS;
}

static void note_capability(struct virtio *v, uint64_t at)
{
	switch (config(v, at + VIRTIO_PCI_CAP_CFG_TYPE, 1)) {
	case VIRTIO_PCI_CAP_COMMON_CFG:
		note_place(v, at, &v->common);
		break;
	case VIRTIO_PCI_CAP_NOTIFY_CFG:
		note_place(v, at, &v->notify);
		v->notify_step = config(v, at +
			offsetof(struct virtio_pci_notify_cap,
				 notify_off_multiplier), 4);
		break;
	}
}

static bool find_places(struct virtio *v)
{
	uint32_t at = config(v, PCI_CAPABILITY_LIST, 1);
	unsigned int n;

	for (n = 0; at && n < CAPS_MAX; n++) {
		if (config(v, at, 1) == PCI_CAP_ID_VNDR)
			note_capability(v, at);
		at = config(v, at + PCI_CAP_LIST_NEXT, 1);
	}
	return v->common.known && v->notify.known;
}

static uint32_t common_read(struct virtio *v, size_t field, size_t size)
{
	return vfio_read(v->proof->vfio, v->common.bar,
			 (uint64_t)v->common.offset + field, size);
}

static void common_write(struct virtio *v, size_t field, size_t size,
			 uint32_t value)
{
	vfio_write(v->proof->vfio, v->common.bar,
		   (uint64_t)v->common.offset + field, size, value);
}

#define FIELD(name)	offsetof(struct virtio_pci_common_cfg, name)

static void common_write64(struct virtio *v, size_t field, uint64_t value)
{
	common_write(v, field, 4, (uint32_t)value);
	common_write(v, field + 4, 4, (uint32_t)(value >> 32));
}

static void add_status(struct virtio *v, uint32_t bits)
{
	common_write(v, FIELD(device_status), 1,
		     common_read(v, FIELD(device_status), 1) | bits);
}

static bool is_reset(struct proof *proof, void *arg)
{
	struct virtio *v = arg;

	(void)proof;
	return v->legacy ? !vfio_read(v->proof->vfio, 0, VIRTIO_PCI_STATUS, 1) :
			   !common_read(v, FIELD(device_status), 1);
}

static bool reset(struct virtio *v)
{
	common_write(v, FIELD(device_status), 1, 0);
	return proof_wait(v->proof, is_reset, v, "reset of the device");
}

static void negotiate_word(struct virtio *v, unsigned int word, uint32_t mask)
{
	common_write(v, FIELD(device_feature_select), 4, word);
	mask &= common_read(v, FIELD(device_feature), 4);
	common_write(v, FIELD(guest_feature_select), 4, word);
	common_write(v, FIELD(guest_feature), 4, mask);
}

static void negotiate(struct virtio *v)
{
	add_status(v, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	add_status(v, VIRTIO_CONFIG_S_DRIVER);
	negotiate_word(v, 0, 1U << VIRTIO_RING_F_EVENT_IDX);
	/* That DMA is as the platform says, wherever it is offered. */
	negotiate_word(v, 1, 1U << (VIRTIO_F_VERSION_1 - 32) |
			     1U << (VIRTIO_F_ACCESS_PLATFORM - 32));
	add_status(v, VIRTIO_CONFIG_S_FEATURES_OK);
	if (!(common_read(v, FIELD(device_status), 1) &
	      VIRTIO_CONFIG_S_FEATURES_OK))
		proof_fail(v->proof, "it does not agree to the features that it offers");
}

static void set_up_queue(struct virtio *v, unsigned int queue,
			 const struct request *request)
{
	size_t slot = (size_t)queue * QUEUE_SLOT;
	uint8_t *at = (uint8_t *)proof_page(v->proof, QUEUES) + slot;
	uint64_t address = proof_address(v->proof, QUEUES) + slot;
	struct ring ring = { (void *)at, (void *)(at + AVAIL_AT) };

	common_write(v, FIELD(queue_select), 2, queue);
	if (common_read(v, FIELD(queue_size), 2) < QUEUE_SIZE)
		return;
	fill(v, request, &ring);
	common_write(v, FIELD(queue_size), 2, QUEUE_SIZE);
	common_write64(v, FIELD(queue_desc_lo), address);
	common_write64(v, FIELD(queue_avail_lo), address + AVAIL_AT);
	common_write64(v, FIELD(queue_used_lo), v->proof->memory.target +
		       (uint64_t)queue * USED_SLOT);
	common_write(v, FIELD(queue_enable), 2, 1);
}

static void notify(struct virtio *v, unsigned int queue)
{
	uint32_t offset;

	common_write(v, FIELD(queue_select), 2, queue);
	if (!common_read(v, FIELD(queue_enable), 2))
		return;
	offset = common_read(v, FIELD(queue_notify_off), 2);
	vfio_write(v->proof->vfio, v->notify.bar, v->notify.offset +
		   (uint64_t)offset * v->notify_step, 2, queue);
}

static void run_modern(struct virtio *v)
{
	const struct request *request = find_request(v);
	unsigned int first = request ? request->queue : 0, last = first, i;

	name_it(v, request);
	if (!proof_memory(v->proof, 2, UINT64_MAX) || !reset(v))
		return;
	negotiate(v);
	if (!request) {
		last = common_read(v, FIELD(num_queues), 2);
		last = (last < QUEUES_MAX ? last : QUEUES_MAX) - 1;
	}
	for (i = first; i <= last && i < QUEUES_MAX; i++)
		set_up_queue(v, i, request);
	add_status(v, VIRTIO_CONFIG_S_DRIVER_OK);
	for (i = first; i <= last && i < QUEUES_MAX; i++)
		notify(v, i);
	proof_wait(v->proof, proof_is_written, NULL, "answer of the device");
	reset(v);
}

/* ---- legacy devices: a queue is in one piece, and BAR 0 is I/O ---- */

static uint32_t legacy_read(struct virtio *v, uint64_t offset, size_t size)
{
	return vfio_read(v->proof->vfio, 0, offset, size);
}

static void legacy_write(struct virtio *v, uint64_t offset, size_t size,
			 uint32_t value)
{
	vfio_write(v->proof->vfio, 0, offset, size, value);
}

static bool legacy_reset(struct virtio *v)
{
	legacy_write(v, VIRTIO_PCI_STATUS, 1, 0);
	return proof_wait(v->proof, is_reset, v, "reset of the device");
}

/* Its used ring begins with a page: all before that the device only reads. */
static size_t legacy_pages(uint32_t size)
{
	size_t bytes = size * sizeof(struct vring_desc) +
		       (3 + (size_t)size) * sizeof(uint16_t);

	return (bytes + LEGACY_PAGE - 1) / LEGACY_PAGE;
}

static void legacy_start(struct virtio *v, const struct request *request,
			 uint32_t size)
{
	uint8_t *at = proof_page(v->proof, QUEUES);
	struct ring ring = {
		(void *)at, (void *)(at + size * sizeof(struct vring_desc)),
	};

	fill(v, request, &ring);
	legacy_write(v, VIRTIO_PCI_GUEST_FEATURES, 4, 0);
	legacy_write(v, VIRTIO_PCI_QUEUE_PFN, 4,
		     (uint32_t)(proof_address(v->proof, QUEUES) / LEGACY_PAGE));
	legacy_write(v, VIRTIO_PCI_STATUS, 1, VIRTIO_CONFIG_S_ACKNOWLEDGE |
		     VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK);
	legacy_write(v, VIRTIO_PCI_QUEUE_NOTIFY, 2, request->queue);
}

static void run_legacy(struct virtio *v)
{
	const struct request *request = find_request(v);
	uint32_t size;

	v->legacy = true;
	name_it(v, request);
	if (!request) {
		proof_fail(v->proof, "no request is known for a legacy virtio device of type %u",
			   v->type);
		return;
	}
	if (!legacy_reset(v))
		return;
	legacy_write(v, VIRTIO_PCI_STATUS, 1, VIRTIO_CONFIG_S_ACKNOWLEDGE |
		     VIRTIO_CONFIG_S_DRIVER);
	legacy_write(v, VIRTIO_PCI_QUEUE_SEL, 2, request->queue);
	size = legacy_read(v, VIRTIO_PCI_QUEUE_NUM, 2);
	if (size < QUEUE_SIZE)
		proof_fail(v->proof, "its queue %u has no room",
			   request->queue);
	/* Above, a page number has no room for the address. */
	if (!proof_memory(v->proof, QUEUES + legacy_pages(size),
			  (uint64_t)UINT32_MAX * LEGACY_PAGE))
		return;
	if (v->proof->memory.page != LEGACY_PAGE)
		proof_fail(v->proof, "a legacy virtio device knows pages of 4 KiB only, and the kernel's are larger");
	else
		legacy_start(v, request, size);
	proof_wait(v->proof, proof_is_written, NULL, "answer of the device");
	legacy_reset(v);
}

static void run(struct proof *proof)
{
	unsigned int id = proof->ids.device;
	struct virtio v = { .proof = proof };

	v.type = id >= FIRST_MODERN_ID ? id - FIRST_MODERN_ID :
					 proof->ids.sub_device;
	if (find_places(&v))
		run_modern(&v);
	else
		run_legacy(&v);
}

const struct prover prover_virtio = {
	.name = "virtio",
	.match = match,
	.run = run,
};
