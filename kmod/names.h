/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The words of the interface, once for module and tool. Each function returns
 * a static string, or NULL for a number that means nothing (newer peer).
 */
#ifndef IOMMU_PT_NAMES_H
#define IOMMU_PT_NAMES_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stddef.h>
#endif
#include "uapi/linux/iommu_pt.h"

const char *policy_name(unsigned int policy);
const char *tier_name(unsigned int tier);
const char *status_name(unsigned int status);
const char *effective_name(unsigned int effective);
const char *mode_name(unsigned int mode);
const char *hints_name(unsigned int hints);
const char *channel_name(unsigned int channel);
const char *hint_state_name(unsigned int state);
const char *virtio_access_name(unsigned int access);

/**
 * policy_parse() - policy of a name
 * @name: the name; need not end in NUL
 * @len: its length in bytes
 *
 * Return: the enum iommu_pt_policy, -1 if there is none of that name.
 */
int policy_parse(const char *name, size_t len);

/**
 * mode_parse() - mode of a name
 * @name: the name; need not end in NUL
 * @len: its length in bytes
 *
 * Return: the enum iommu_pt_mode, -1 if there is none of that name.
 */
int mode_parse(const char *name, size_t len);

/**
 * hints_parse() - how far hints are believed, of a name
 * @name: the name; need not end in NUL
 * @len: its length in bytes
 *
 * Return: the enum iommu_pt_hints, -1 if there is none of that name.
 */
int hints_parse(const char *name, size_t len);

#endif /* IOMMU_PT_NAMES_H */
