// SPDX-License-Identifier: GPL-2.0
/*
 * AHCI: what a drive tells of itself is written to the target. Without a drive
 * a controller writes nothing, whatever it is told.
 */
#include <stdlib.h>
#include <string.h>

#include "prove.h"
#include "xalloc.h"

#define CLASS_AHCI	0x010601
#define ABAR		5

#define CAP		0x00
#define CAP_64		(1U << 31)	/* S64A */
#define GHC		0x04
#define GHC_RESET	(1U << 0)
#define GHC_AHCI	(1U << 31)
#define PORTS_THERE	0x0c
#define PORTS_MAX	32

/* Of a port. */
#define PORT(n)		(0x100 + 0x80 * (uint64_t)(n))
#define PORT_LIST	0x00
#define PORT_RECEIVED	0x08
#define PORT_COMMAND	0x18
#define PORT_TASK	0x20
#define PORT_SIGNATURE	0x24
#define PORT_LINK	0x28
#define PORT_ERROR	0x30
#define PORT_ISSUE	0x38

#define COMMAND_START	(1U << 0)
#define COMMAND_SPIN_UP	(1U << 1)
#define COMMAND_POWER	(1U << 2)
#define COMMAND_RECEIVE	(1U << 4)
#define COMMAND_FIS	(1U << 14)	/* receives are running */
#define COMMAND_LIST	(1U << 15)	/* the list is running */
#define TASK_ERROR	(1U << 0)
#define TASK_BUSY	(1U << 7 | 1U << 3)
#define LINK_UP		3
#define SIGNATURE_ATAPI	0xeb140101

#define FIS_HOST	0x27
#define FIS_IS_COMMAND	0x80
#define FIS_WORDS	5
#define ATA_IDENTIFY		0xec
#define ATA_IDENTIFY_PACKET	0xa1
#define LENGTH		512

/* Pages that the device finds either way, and what is in the second. */
enum { LIST, TABLE, PAGES };
#define RECEIVED_AT	2048

struct header {
	uint32_t flags;		/* length of the FIS, entries << 16 */
	uint32_t done;
	uint64_t table;
	uint32_t unused[4];
};

struct table {
	uint8_t fis[64];
	uint8_t atapi[64];
	uint64_t address;
	uint32_t unused;
	uint32_t length;	/* less one */
};

static bool match(const struct pci_ids *ids)
{
	return ids->class == CLASS_AHCI;
}

static uint32_t reg_read(struct proof *proof, uint64_t offset)
{
	return vfio_read(proof->vfio, ABAR, offset, 4);
}

static void reg_write(struct proof *proof, uint64_t offset, uint32_t value)
{
	vfio_write(proof->vfio, ABAR, offset, 4, value);
}

static void reg_write64(struct proof *proof, uint64_t offset, uint64_t value)
{
	reg_write(proof, offset, (uint32_t)value);
	reg_write(proof, offset + 4, (uint32_t)(value >> 32));
}

/* For proof_wait(): bits of a register are clear. */
struct wanted {
	uint64_t offset;
	uint32_t clear;
};

static bool is_clear(struct proof *proof, void *arg)
{
	const struct wanted *wanted = arg;

	return !(reg_read(proof, wanted->offset) & wanted->clear);
}

static bool wait_clear(struct proof *proof, uint64_t offset, uint32_t bits,
		       const char *what)
{
	struct wanted wanted = { offset, bits };

	return proof_wait(proof, is_clear, &wanted, what);
}

static bool reset(struct proof *proof)
{
	reg_write(proof, GHC, GHC_AHCI);
	reg_write(proof, GHC, GHC_AHCI | GHC_RESET);
	if (!wait_clear(proof, GHC, GHC_RESET, "reset of the controller"))
		return false;
	reg_write(proof, GHC, GHC_AHCI);
	return true;
}

/* ---- a port with a drive ---- */

static bool has_drive(struct proof *proof, void *arg)
{
	uint32_t there = reg_read(proof, PORTS_THERE), *port = arg;

	for (*port = 0; *port < PORTS_MAX; ++*port)
		if (there & 1U << *port &&
		    (reg_read(proof, PORT(*port) + PORT_LINK) & 0xf) == LINK_UP)
			return true;
	return false;
}

static bool find_port(struct proof *proof, uint32_t *port)
{
	uint32_t there = reg_read(proof, PORTS_THERE), n;

	for (n = 0; n < PORTS_MAX; n++)
		if (there & 1U << n)
			reg_write(proof, PORT(n) + PORT_COMMAND,
				  reg_read(proof, PORT(n) + PORT_COMMAND) |
				  COMMAND_SPIN_UP | COMMAND_POWER);
	return proof_wait(proof, has_drive, port,
			  "drive at any of its ports, without which it writes nothing,");
}

static void start_port(struct proof *proof, uint64_t port)
{
	uint32_t command = reg_read(proof, port + PORT_COMMAND);

	reg_write64(proof, port + PORT_LIST, proof_address(proof, LIST));
	reg_write64(proof, port + PORT_RECEIVED,
		    proof_address(proof, LIST) + RECEIVED_AT);
	reg_write(proof, port + PORT_COMMAND, command | COMMAND_RECEIVE);
	reg_write(proof, port + PORT_ERROR, ~0U);
	if (wait_clear(proof, port + PORT_TASK, TASK_BUSY, "drive that is ready"))
		reg_write(proof, port + PORT_COMMAND,
			  command | COMMAND_RECEIVE | COMMAND_START);
}

static void stop_port(struct proof *proof, uint64_t port)
{
	uint32_t command = reg_read(proof, port + PORT_COMMAND);

	command &= ~COMMAND_START;
	reg_write(proof, port + PORT_COMMAND, command);
	wait_clear(proof, port + PORT_COMMAND, COMMAND_LIST,
		   "end of the port's commands");
	reg_write(proof, port + PORT_COMMAND, command & ~COMMAND_RECEIVE);
	wait_clear(proof, port + PORT_COMMAND, COMMAND_FIS,
		   "end of what the port receives");
}

/* ---- the command ---- */

static void issue(struct proof *proof, uint64_t port)
{
	struct header *header = proof_page(proof, LIST);
	struct table *table = proof_page(proof, TABLE);
	bool atapi = reg_read(proof, port + PORT_SIGNATURE) == SIGNATURE_ATAPI;

	*header = (struct header){
		.flags = 1U << 16 | FIS_WORDS,
		.table = proof_address(proof, TABLE),
	};
	*table = (struct table){
		.fis = { FIS_HOST, FIS_IS_COMMAND,
			 atapi ? ATA_IDENTIFY_PACKET : ATA_IDENTIFY },
		.address = proof->memory.target,
		.length = LENGTH - 1,
	};
	reg_write(proof, port + PORT_ISSUE, 1);
	wait_clear(proof, port + PORT_ISSUE, 1, "answer of the drive");
	if (reg_read(proof, port + PORT_TASK) & TASK_ERROR)
		proof_fail(proof, "the drive refuses to identify itself");
}

/*
 * One of 32 bits takes the upper half of an address for 0, and would write to
 * somebody's memory then.
 */
static uint64_t reach(struct proof *proof)
{
	return reg_read(proof, CAP) & CAP_64 ? UINT64_MAX : 1ULL << 32;
}

static void run(struct proof *proof)
{
	uint32_t port;

	free(proof->what);
	proof->what = xstrdup("AHCI, data of IDENTIFY");
	if (!proof_memory(proof, PAGES, reach(proof)) || !reset(proof) ||
	    !find_port(proof, &port))
		return;
	start_port(proof, PORT(port));
	if (!proof_failed(proof))
		issue(proof, PORT(port));
	stop_port(proof, PORT(port));
	reset(proof);
}

const struct prover prover_ahci = {
	.name = "AHCI",
	.match = match,
	.run = run,
};
