// SPDX-License-Identifier: GPL-2.0
/* NVMe: what Identify tells of the controller is written to the target. */
#include <stdlib.h>
#include <string.h>

#include "prove.h"
#include "xalloc.h"

#define CLASS_NVME	0x010802

#define REG_CAP		0x00
#define REG_CC		0x14
#define REG_CSTS	0x1c
#define REG_AQA		0x24
#define REG_ASQ		0x28
#define REG_ACQ		0x30
#define REG_DOORBELLS	0x1000

#define CAP_PAGE_MIN(high)	((high) >> 16 & 0xf)
#define CC_ENABLE	1
#define CC_ENTRIES	(6 << 16 | 4 << 20)	/* 64 and 16 bytes */
#define CSTS_READY	1
#define CSTS_FATAL	2

#define ENTRIES		2
#define OP_IDENTIFY	0x06
#define CNS_CONTROLLER	1

/* Pages that the device finds either way. */
enum { SUBMISSION, COMPLETION, PAGES };

struct command {
	uint8_t opcode;
	uint8_t flags;
	uint16_t id;
	uint32_t namespace_id;
	uint64_t unused[2];
	uint64_t prp1;
	uint64_t prp2;
	uint32_t words[6];
};

struct completion {
	uint32_t result;
	uint32_t unused;
	uint16_t sq_head;
	uint16_t sq_id;
	uint16_t command_id;
	uint16_t status;	/* bit 0: the phase, 1 the first time round */
};

static bool match(const struct pci_ids *ids)
{
	return ids->class == CLASS_NVME;
}

static uint32_t reg_read(struct proof *proof, uint64_t offset)
{
	return vfio_read(proof->vfio, 0, offset, 4);
}

static void reg_write(struct proof *proof, uint64_t offset, uint32_t value)
{
	vfio_write(proof->vfio, 0, offset, 4, value);
}

static void reg_write64(struct proof *proof, uint64_t offset, uint64_t value)
{
	reg_write(proof, offset, (uint32_t)value);
	reg_write(proof, offset + 4, (uint32_t)(value >> 32));
}

static bool is_ready(struct proof *proof, void *unused)
{
	uint32_t status = reg_read(proof, REG_CSTS);

	(void)unused;
	if (status & CSTS_FATAL)
		proof_fail(proof, "the controller reports a fatal error");
	return status & CSTS_READY;
}

static bool is_off(struct proof *proof, void *unused)
{
	(void)unused;
	return !(reg_read(proof, REG_CSTS) & CSTS_READY);
}

static bool turn_off(struct proof *proof)
{
	reg_write(proof, REG_CC, 0);
	return proof_wait(proof, is_off, NULL, "end of the controller");
}

static bool turn_on(struct proof *proof)
{
	reg_write(proof, REG_AQA, (ENTRIES - 1) << 16 | (ENTRIES - 1));
	reg_write64(proof, REG_ASQ, proof_address(proof, SUBMISSION));
	reg_write64(proof, REG_ACQ, proof_address(proof, COMPLETION));
	reg_write(proof, REG_CC, CC_ENTRIES | CC_ENABLE);
	return proof_wait(proof, is_ready, NULL, "controller that is ready");
}

static bool is_complete(struct proof *proof, void *unused)
{
	volatile struct completion *done = proof_page(proof, COMPLETION);

	(void)unused;
	return done->status & 1;
}

static void identify(struct proof *proof)
{
	struct completion *done = proof_page(proof, COMPLETION);
	struct command *command = proof_page(proof, SUBMISSION);

	*command = (struct command){
		.opcode = OP_IDENTIFY,
		.id = 1,
		.prp1 = proof->memory.target,
		.words = { CNS_CONTROLLER },
	};
	reg_write(proof, REG_DOORBELLS, 1);
	if (proof_wait(proof, is_complete, NULL, "answer to Identify") &&
	    done->status >> 1)
		proof_fail(proof, "Identify failed with status %#x",
			   done->status >> 1);
}

static void run(struct proof *proof)
{
	free(proof->what);
	proof->what = xstrdup("NVMe, data of Identify");
	if (CAP_PAGE_MIN(reg_read(proof, REG_CAP + 4))) {
		proof_fail(proof, "the controller knows no pages of 4 KiB");
		return;
	}
	if (!proof_memory(proof, PAGES, UINT64_MAX) || !turn_off(proof))
		return;
	if (turn_on(proof))
		identify(proof);
	turn_off(proof);
}

const struct prover prover_nvme = {
	.name = "NVMe",
	.match = match,
	.run = run,
};
