/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A PCI device in the hands of this program: the only file that knows vfio, by
 * its groups, containers and IOMMUs of type 1. Never without an IOMMU.
 */
#ifndef PTCTL_VFIO_H
#define PTCTL_VFIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dev.h"

struct vfio;

/* A region: a BAR by its number, or the configuration space. */
#define VFIO_CONFIG	6

/**
 * vfio_open() - take a device that vfio-pci is bound to
 * @out: the device; end it with vfio_close()
 * @dev: which
 * @why: why not, a new string; not set on success
 *
 * It is reset, as far as it can be, and may do no DMA yet.
 *
 * Return: an enum ptctl_status; complains of nothing itself
 */
int vfio_open(struct vfio **out, const struct dev *dev, char **why);

/* The device stops all DMA and is reset; then what was mapped is let go of. */
void vfio_close(struct vfio *vfio);

/**
 * vfio_map() - let the device reach memory
 * @vfio: the device
 * @address: as the device knows it
 * @memory: in this program; pinned from now on
 * @size: in bytes, whole pages
 *
 * Return: 0 or a negative errno; a failure is no vfio_failure()
 */
int vfio_map(struct vfio *vfio, uint64_t address, void *memory, size_t size);
void vfio_unmap(struct vfio *vfio, uint64_t address, size_t size);

/**
 * vfio_read() - read a register of 1, 2 or 4 bytes
 * @vfio: the device
 * @region: a BAR, or VFIO_CONFIG
 * @offset: in it
 * @size: in bytes
 *
 * Once an access has failed, none is tried any more, and all that is read is 0:
 * look at vfio_failure() before anything depends on it.
 */
uint32_t vfio_read(struct vfio *vfio, unsigned int region, uint64_t offset,
		   size_t size);
void vfio_write(struct vfio *vfio, unsigned int region, uint64_t offset,
		size_t size, uint32_t value);

/* Bytes of a region, 0 if it is not there. */
uint64_t vfio_size(const struct vfio *vfio, unsigned int region);

/* The first access that has failed, a sentence; NULL if none has. */
const char *vfio_failure(const struct vfio *vfio);

/* The device answers at its BARs and may do DMA; it raises no interrupt. */
void vfio_enable(struct vfio *vfio);

#endif /* PTCTL_VFIO_H */
