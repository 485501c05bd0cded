/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory in which a device's write shows whether it was translated.
 *
 * Pages that lie one behind the other in physical memory; the device knows each
 * by an address that equals the physical one, so that it finds them either way.
 * Behind them comes one more address, the target. For a device that obeys its
 * IOMMU it leads to a page of its own, the witness; as a physical address it is
 * that of another one, the decoy. All of them are pinned, and ours: whatever the
 * device takes an address for, it reaches nothing else.
 */
#ifndef PTCTL_DECOY_H
#define PTCTL_DECOY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vfio.h"

/**
 * struct decoy - such memory
 * @page: bytes of a page
 * @shared: the first of the pages that are found either way
 * @count: how many there are
 * @address: of the first, for the device
 * @target: for the device
 * @witness: where the target leads
 * @decoy: where it lies
 * @areas: what it was chosen from, and is unmapped in the end
 * @areas_count: how many
 */
struct decoy {
	size_t page;
	uint8_t *shared;
	size_t count;
	uint64_t address;
	uint64_t target;
	uint8_t *witness;
	uint8_t *decoy;
	void **areas;
	size_t areas_count;
};

/**
 * decoy_make() - find such memory, and let a device reach it
 * @decoy: filled in, all of it zeros
 * @vfio: the device
 * @count: how many pages it shall find either way
 * @reach: it is at addresses below this
 *
 * Return: NULL, or why not, a new string
 */
char *decoy_make(struct decoy *decoy, struct vfio *vfio, size_t count,
		 uint64_t reach);

/* To be called when the device is closed. */
void decoy_free(struct decoy *decoy);

/* Has the device written where the IOMMU leads, where the address lies? */
bool decoy_was_led(const struct decoy *decoy);
bool decoy_was_passed(const struct decoy *decoy);

#endif /* PTCTL_DECOY_H */
