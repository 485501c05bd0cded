/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a virtio transport says of itself: is VIRTIO_F_ACCESS_PLATFORM offered?
 * A device without it does its DMA past the IOMMU, whatever its domain is.
 */
#ifndef IOMMU_PT_VIRTIO_H
#define IOMMU_PT_VIRTIO_H

#include "uapi/linux/iommu_pt.h"

struct device;

/**
 * virtio_access() - is VIRTIO_F_ACCESS_PLATFORM offered?
 * @dev: a virtio transport; the caller holds its device_lock
 *
 * With its virtio driver bound, what that driver sees. Without any driver, what
 * the device itself says, whose registers are then as they were before. One
 * that has another driver is left alone.
 *
 * Context: sleeps; tries for the device_lock of the device that the transport
 * carries, and never waits for it.
 * Return: UNKNOWN with another driver, while the carried device's driver is
 * busy with it, and where the device's answer makes no sense.
 */
enum iommu_pt_virtio_access virtio_access(struct device *dev);

#endif /* IOMMU_PT_VIRTIO_H */
