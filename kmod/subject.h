/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a rule can ask of a device: bus, name, modalias, external, virtio.
 */
#ifndef IOMMU_PT_SUBJECT_H
#define IOMMU_PT_SUBJECT_H

#include "rule.h"

struct device;

/**
 * subject_fill() - all of a device that costs nothing, so not its modalias
 * @subject: filled in; points into @dev
 * @dev: the device; the caller holds a reference
 */
void subject_fill(struct rule_subject *subject, struct device *dev);

/* Untrusted or removable? Then the safety rules are for it. */
bool subject_is_external(struct device *dev);

/* A virtio transport, on PCI or MMIO? */
bool subject_is_virtio(struct device *dev);

/**
 * subject_modalias() - make a device's modalias, as its bus tells it to udev
 * @dev: the device; the caller holds a reference
 *
 * Context: sleeps.
 * Return: a string for the caller to kfree(), NULL if the device has none,
 * ERR_PTR(-ENOMEM).
 */
char *subject_modalias(struct device *dev);

#endif /* IOMMU_PT_SUBJECT_H */
