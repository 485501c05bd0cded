/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the buses tell: which devices are there, which come and go, to which
 * drivers bind. Hands each to those who look after it.
 */
#ifndef IOMMU_PT_WATCH_H
#define IOMMU_PT_WATCH_H

/**
 * watch_begin() - watch all buses, and look at what is there
 *
 * In mode off it does neither.
 *
 * Return: 0, or -ENOMEM with nothing watched.
 */
int watch_begin(void);

/* No device has attributes or is known any more. Harmless in mode off. */
void watch_end(void);

#endif /* IOMMU_PT_WATCH_H */
