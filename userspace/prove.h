/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Proof by DMA: does a device obey the IOMMU? It is made to write once, to an
 * address that leads to one page of ours through the IOMMU and to another past
 * it (decoy.h). A kind of device is a struct prover, in a file of its own.
 */
#ifndef PTCTL_PROVE_H
#define PTCTL_PROVE_H

#include <stdarg.h>

#include "decoy.h"
#include "dev.h"
#include "vfio.h"

#define PROOF_PATIENCE	10	/* seconds for each thing that a device does */

/**
 * struct pci_ids - what a PCI device says that it is
 * @vendor: vendor
 * @device: device
 * @sub_device: subsystem
 * @class: 24 bits
 */
struct pci_ids {
	unsigned int vendor;
	unsigned int device;
	unsigned int sub_device;
	unsigned int class;
};

enum verdict {
	VERDICT_NONE,		/* not tried: @why */
	VERDICT_TRANSLATED,	/* the write came to where the IOMMU leads */
	VERDICT_BYPASS,		/* ... to the physical address */
	VERDICT_INCONCLUSIVE,	/* to neither, or both: @why */
	__VERDICT_END,
};

/* "translated", "bypass", "inconclusive"; NULL for VERDICT_NONE */
const char *verdict_name(enum verdict verdict);
enum verdict verdict_parse(const char *word);

struct prover;

/**
 * struct proof - one that is under way
 * @dev: the device
 * @ids: what it is
 * @vfio: it, opened
 * @memory: after proof_memory()
 * @what: what was written, a few words, for who reads the verdict
 * @why: why there is no verdict; NULL until something is wrong
 */
struct proof {
	const struct dev *dev;
	struct pci_ids ids;
	struct vfio *vfio;
	struct decoy memory;
	char *what;
	char *why;
};

/**
 * struct prover - a kind of device
 * @name: what people call it, for the list of those there are
 * @match: is it one?
 * @run: have it write to the target, wait until it is done, and stop it
 */
struct prover {
	const char *name;
	bool (*match)(const struct pci_ids *ids);
	void (*run)(struct proof *proof);
};

extern const struct prover prover_virtio;
extern const struct prover prover_nvme;
extern const struct prover prover_ahci;
extern const struct prover prover_edu;

/**
 * prover_find() - who can drive a device
 * @dev: the device
 * @ids: filled in
 *
 * Return: NULL if nobody can
 */
const struct prover *prover_find(const struct dev *dev, struct pci_ids *ids);

/* "virtio, NVMe, ...", a new string */
char *prover_names(void);

/**
 * prove() - have a device that vfio-pci has write once
 * @proof: @dev and @ids are set; @what and @why are filled in
 * @prover: who drives it
 * @verdict: filled in
 *
 * Return: an enum ptctl_status: PTCTL_DONE if the device could be tried at
 * all, whatever the verdict; else @why has the reason
 */
int prove(struct proof *proof, const struct prover *prover,
	  enum verdict *verdict);
void proof_free(struct proof *proof);

/* ---- for provers ---- */

/* Something is wrong. The first time counts. */
void proof_fail(struct proof *proof, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Is something wrong, here or with the access to the device? */
bool proof_failed(struct proof *proof);

/**
 * proof_memory() - have memory that the device reaches, and the target
 * @proof: the proof
 * @count: pages that it finds either way
 * @reach: the device takes addresses below this; UINT64_MAX: any
 *
 * Return: false after proof_fail()
 */
bool proof_memory(struct proof *proof, size_t count, uint64_t reach);

/* The shared page @n, and its address for the device. */
void *proof_page(struct proof *proof, size_t n);
uint64_t proof_address(struct proof *proof, size_t n);

/**
 * proof_wait() - wait for the device
 * @proof: the proof
 * @done: asked again and again until it says yes
 * @arg: for @done
 * @what: "reset", for who waits in vain
 *
 * Return: false after proof_fail(), in seconds
 */
bool proof_wait(struct proof *proof, bool (*done)(struct proof *, void *),
		void *arg, const char *what);

/* For proof_wait(): something has been written to the target. */
bool proof_is_written(struct proof *proof, void *unused);

#endif /* PTCTL_PROVE_H */
