// SPDX-License-Identifier: GPL-2.0
#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <string.h>
#endif
#include "names.h"

static const char *const policies[] = {
	[IOMMU_PT_POLICY_AUTO] = "auto",
	[IOMMU_PT_POLICY_PASSTHROUGH] = "passthrough",
	[IOMMU_PT_POLICY_TRANSLATED] = "translated",
	[IOMMU_PT_POLICY_STRICT] = "strict",
	[IOMMU_PT_POLICY_LAZY] = "lazy",
};

static const char *const tiers[] = {
	[IOMMU_PT_TIER_RUNTIME] = "runtime",
	[IOMMU_PT_TIER_CMDLINE] = "cmdline",
	[IOMMU_PT_TIER_ADMIN] = "admin",
	[IOMMU_PT_TIER_HINT] = "hint",
	[IOMMU_PT_TIER_VENDOR] = "vendor",
};

static const char *const statuses[] = {
	[IOMMU_PT_STATUS_NONE] = "none",
	[IOMMU_PT_STATUS_APPLIED] = "applied",
	[IOMMU_PT_STATUS_PENDING] = "pending",
	[IOMMU_PT_STATUS_CONFLICT] = "conflict",
	[IOMMU_PT_STATUS_REFUSED] = "refused",
	[IOMMU_PT_STATUS_OBSERVED] = "observed",
};

static const char *const effectives[] = {
	[IOMMU_PT_EFFECTIVE_UNKNOWN] = "unknown",
	[IOMMU_PT_EFFECTIVE_PASSTHROUGH] = "passthrough",
	[IOMMU_PT_EFFECTIVE_STRICT] = "strict",
	[IOMMU_PT_EFFECTIVE_LAZY] = "lazy",
	[IOMMU_PT_EFFECTIVE_BYPASS] = "bypass",
	[IOMMU_PT_EFFECTIVE_NONE] = "none",
	[IOMMU_PT_EFFECTIVE_USER] = "user",
	[IOMMU_PT_EFFECTIVE_BLOCKED] = "blocked",
};

static const char *const modes[] = {
	[IOMMU_PT_MODE_ENFORCE] = "enforce",
	[IOMMU_PT_MODE_OBSERVE] = "observe",
	[IOMMU_PT_MODE_OFF] = "off",
};

static const char *const hints_words[] = {
	[IOMMU_PT_HINTS_TRUST] = "trust",
	[IOMMU_PT_HINTS_RESTRICT] = "restrict",
	[IOMMU_PT_HINTS_IGNORE] = "ignore",
};

static const char *const channels[] = {
	[IOMMU_PT_CHANNEL_SMBIOS] = "smbios",
	[IOMMU_PT_CHANNEL_PROPERTY] = "property",
	[IOMMU_PT_CHANNEL_FW_CFG] = "fw_cfg",
};

static const char *const hint_states[] = {
	[IOMMU_PT_HINT_ACCEPTED] = "accepted",
	[IOMMU_PT_HINT_RESTRICTED] = "restricted",
	[IOMMU_PT_HINT_IGNORED] = "ignored",
	[IOMMU_PT_HINT_REJECTED] = "rejected",
};

static const char *const virtio_accesses[] = {
	[IOMMU_PT_VIRTIO_ACCESS_UNKNOWN] = "unknown",
	[IOMMU_PT_VIRTIO_ACCESS_OFFERED] = "offered",
	[IOMMU_PT_VIRTIO_ACCESS_ABSENT] = "absent",
};

#define COUNT(table)		(sizeof(table) / sizeof((table)[0]))
#define NAME(table, index)	((index) < COUNT(table) ? (table)[index] : NULL)

static int parse(const char *const *table, size_t count, const char *name,
		 size_t len)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strlen(table[i]) == len && !memcmp(table[i], name, len))
			return (int)i;
	return -1;
}

const char *policy_name(unsigned int policy)
{
	return NAME(policies, policy);
}

const char *tier_name(unsigned int tier)
{
	return NAME(tiers, tier);
}

const char *status_name(unsigned int status)
{
	return NAME(statuses, status);
}

const char *effective_name(unsigned int effective)
{
	return NAME(effectives, effective);
}

const char *mode_name(unsigned int mode)
{
	return NAME(modes, mode);
}

const char *hints_name(unsigned int hints)
{
	return NAME(hints_words, hints);
}

const char *channel_name(unsigned int channel)
{
	return NAME(channels, channel);
}

const char *hint_state_name(unsigned int state)
{
	return NAME(hint_states, state);
}

const char *virtio_access_name(unsigned int access)
{
	return NAME(virtio_accesses, access);
}

int policy_parse(const char *name, size_t len)
{
	return parse(policies, COUNT(policies), name, len);
}

int mode_parse(const char *name, size_t len)
{
	return parse(modes, COUNT(modes), name, len);
}

int hints_parse(const char *name, size_t len)
{
	return parse(hints_words, COUNT(hints_words), name, len);
}
