// SPDX-License-Identifier: GPL-2.0
/*
 * QEMU's educational device: one DMA brings something into it, a second one
 * writes that to the target.
 */
#include <stdlib.h>
#include <string.h>

#include "prove.h"
#include "sysfs.h"
#include "xalloc.h"

#define VENDOR_QEMU	0x1234
#define DEVICE_EDU	0x11e8

#define EDU_SOURCE	0x80
#define EDU_DEST	0x88
#define EDU_COUNT	0x90
#define EDU_COMMAND	0x98
#define EDU_RUN		1
#define EDU_TO_MEMORY	2
#define EDU_BUFFER	0x40000

#define LENGTH		64
#define REACH_BITS	28	/* of its addresses, unless QEMU is told more */
#define REGISTER_BITS	32	/* that one write fills, the others with 0 */
#define DEFAULT_BITS	32	/* what Linux takes a PCI device for by itself */

static bool match(const struct pci_ids *ids)
{
	return ids->vendor == VENDOR_QEMU && ids->device == DEVICE_EDU;
}

/*
 * It cuts addresses off, and would write to somebody's memory then. How many
 * bits it has it does not say; a driver may have.
 */
static uint64_t reach(const struct dev *dev)
{
	char *text = sysfs_attr(dev->syspath, "dma_mask_bits");
	unsigned long bits = text ? strtoul(text, NULL, 10) : 0;

	free(text);
	if (bits < REACH_BITS || bits == DEFAULT_BITS)
		bits = REACH_BITS;
	return 1ULL << (bits < REGISTER_BITS ? bits : REGISTER_BITS);
}

static void write_reg(struct proof *proof, uint64_t offset, uint64_t value)
{
	vfio_write(proof->vfio, 0, offset, 4, (uint32_t)value);
}

static bool is_idle(struct proof *proof, void *unused)
{
	(void)unused;
	return !(vfio_read(proof->vfio, 0, EDU_COMMAND, 4) & EDU_RUN);
}

static bool transfer(struct proof *proof, uint64_t source, uint64_t dest,
		     uint32_t direction)
{
	write_reg(proof, EDU_SOURCE, source);
	write_reg(proof, EDU_DEST, dest);
	write_reg(proof, EDU_COUNT, LENGTH);
	vfio_write(proof->vfio, 0, EDU_COMMAND, 4, EDU_RUN | direction);
	return proof_wait(proof, is_idle, NULL, "end of its DMA");
}

static void run(struct proof *proof)
{
	free(proof->what);
	proof->what = xstrdup("edu, a copy out of its buffer");
	if (!proof_memory(proof, 1, reach(proof->dev)))
		return;
	memset(proof_page(proof, 0), 0xa5, LENGTH);
	if (transfer(proof, proof_address(proof, 0), EDU_BUFFER, 0))
		transfer(proof, EDU_BUFFER, proof->memory.target,
			 EDU_TO_MEMORY);
}

const struct prover prover_edu = {
	.name = "edu",
	.match = match,
	.run = run,
};
