/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PTCTL_ROOT_H
#define PTCTL_ROOT_H

/**
 * rooted() - where a file of this machine is
 * @path: absolute
 *
 * Tests put all of them elsewhere, by $IOMMU_PT_ROOT.
 *
 * Return: a new string
 */
char *rooted(const char *path);

#endif /* PTCTL_ROOT_H */
