// SPDX-License-Identifier: GPL-2.0
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "attrs.h"
#include "dev.h"
#include "uapi/linux/iommu_pt.h"
#include "xalloc.h"

static const struct nla_policy attr_policy[IOMMU_PT_A_MAX + 1] = {
	[IOMMU_PT_A_BUS] = { .type = NLA_NUL_STRING },
	[IOMMU_PT_A_NAME] = { .type = NLA_NUL_STRING },
	[IOMMU_PT_A_GROUP] = { .type = NLA_U32 },
	[IOMMU_PT_A_DRIVER] = { .type = NLA_NUL_STRING },
	[IOMMU_PT_A_POLICY] = { .type = NLA_U32 },
	[IOMMU_PT_A_TIER] = { .type = NLA_U32 },
	[IOMMU_PT_A_RULE] = { .type = NLA_NUL_STRING },
	[IOMMU_PT_A_STATUS] = { .type = NLA_U32 },
	[IOMMU_PT_A_EFFECTIVE] = { .type = NLA_U32 },
	[IOMMU_PT_A_REASON] = { .type = NLA_NUL_STRING },
	[IOMMU_PT_A_EXTERNAL] = { .type = NLA_FLAG },
	[IOMMU_PT_A_VIRTIO] = { .type = NLA_FLAG },
	[IOMMU_PT_A_MODALIAS] = { .type = NLA_NUL_STRING },
	[IOMMU_PT_A_VERSION] = { .type = NLA_NUL_STRING },
	[IOMMU_PT_A_MODE] = { .type = NLA_U32 },
	[IOMMU_PT_A_DEVICES] = { .type = NLA_U32 },
	[IOMMU_PT_A_RULES_COUNT] = { .type = NLA_U32 },
	[IOMMU_PT_A_EVENTS_LOST] = { .type = NLA_U32 },
	[IOMMU_PT_A_EVENT] = { .type = NLA_U32 },
	[IOMMU_PT_A_ERROR] = { .type = NLA_U32 },
	[IOMMU_PT_A_HINTS] = { .type = NLA_U32 },
	[IOMMU_PT_A_CONFIDENTIAL] = { .type = NLA_FLAG },
	[IOMMU_PT_A_TRUTHFUL] = { .type = NLA_FLAG },
	[IOMMU_PT_A_SEALED] = { .type = NLA_FLAG },
	[IOMMU_PT_A_CHANNEL] = { .type = NLA_U32 },
	[IOMMU_PT_A_HINT_STATE] = { .type = NLA_U32 },
	[IOMMU_PT_A_VIRTIO_ACCESS] = { .type = NLA_U32 },
};

bool attrs_parse(struct nl_msg *msg, struct nlattr **attrs)
{
	return genlmsg_parse(nlmsg_hdr(msg), 0, attrs, IOMMU_PT_A_MAX,
			     attr_policy) >= 0;
}

unsigned int attrs_u32(struct nlattr **attrs, int attr, unsigned int absent)
{
	return attrs[attr] ? nla_get_u32(attrs[attr]) : absent;
}

char *attrs_string(struct nlattr **attrs, int attr)
{
	return attrs[attr] ? xstrdup(nla_get_string(attrs[attr])) : NULL;
}

static enum rule_tri get_flag(struct nlattr **attrs, int attr)
{
	return attrs[attr] ? RULE_YES : RULE_NO;
}

bool attrs_dev(struct nlattr **attrs, struct dev *dev)
{
	if (!attrs[IOMMU_PT_A_BUS] || !attrs[IOMMU_PT_A_NAME])
		return false;
	dev_init(dev, nla_get_string(attrs[IOMMU_PT_A_BUS]),
		 nla_get_string(attrs[IOMMU_PT_A_NAME]));
	if (attrs[IOMMU_PT_A_GROUP])
		dev->group = (long)nla_get_u32(attrs[IOMMU_PT_A_GROUP]);
	dev->driver = attrs_string(attrs, IOMMU_PT_A_DRIVER);
	dev->modalias = attrs_string(attrs, IOMMU_PT_A_MODALIAS);
	dev->policy = attrs_u32(attrs, IOMMU_PT_A_POLICY, IOMMU_PT_POLICY_AUTO);
	dev->tier = (int)attrs_u32(attrs, IOMMU_PT_A_TIER, (unsigned int)-1);
	dev->rule = attrs_string(attrs, IOMMU_PT_A_RULE);
	dev->status = (int)attrs_u32(attrs, IOMMU_PT_A_STATUS, (unsigned int)-1);
	dev->effective = attrs_u32(attrs, IOMMU_PT_A_EFFECTIVE,
				   IOMMU_PT_EFFECTIVE_UNKNOWN);
	dev->reason = attrs_string(attrs, IOMMU_PT_A_REASON);
	dev->external = get_flag(attrs, IOMMU_PT_A_EXTERNAL);
	dev->virtio = get_flag(attrs, IOMMU_PT_A_VIRTIO);
	dev->virtio_access = (int)attrs_u32(attrs, IOMMU_PT_A_VIRTIO_ACCESS,
					    (unsigned int)-1);
	return true;
}
