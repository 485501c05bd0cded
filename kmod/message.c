// SPDX-License-Identifier: GPL-2.0
#include <linux/device.h>
#include <net/netlink.h>
#include "device.h"
#include "hint.h"
#include "hints.h"
#include "message.h"
#include "policy.h"
#include "report.h"
#include "rule.h"

int message_put_string(struct sk_buff *skb, int attr, const char *string)
{
	return string && *string ? nla_put_string(skb, attr, string) : 0;
}

int message_put_flag(struct sk_buff *skb, int attr, bool flag)
{
	return flag ? nla_put_flag(skb, attr) : 0;
}

int message_put_rule(struct sk_buff *skb, const struct policy_rule *rule)
{
	struct nlattr *attr;
	int len;

	if (!rule)
		return 0;
	if (nla_put_u32(skb, IOMMU_PT_A_TIER, rule->tier))
		return -EMSGSIZE;
	len = rule_format(&rule->rule, NULL, 0) + 1;
	attr = nla_reserve(skb, IOMMU_PT_A_RULE, len);
	if (!attr)
		return -EMSGSIZE;
	rule_format(&rule->rule, nla_data(attr), len);
	return 0;
}

int message_put_device(struct sk_buff *skb, const struct pt_device *pt,
		       const struct pt_report *report)
{
	if (nla_put_string(skb, IOMMU_PT_A_BUS, pt->dev->bus->name) ||
	    nla_put_string(skb, IOMMU_PT_A_NAME, dev_name(pt->dev)) ||
	    (report->group_id >= 0 &&
	     nla_put_u32(skb, IOMMU_PT_A_GROUP, report->group_id)) ||
	    message_put_string(skb, IOMMU_PT_A_DRIVER, report->driver) ||
	    nla_put_u32(skb, IOMMU_PT_A_POLICY, report->policy) ||
	    message_put_rule(skb, report->rule) ||
	    nla_put_u32(skb, IOMMU_PT_A_STATUS, report->status) ||
	    nla_put_u32(skb, IOMMU_PT_A_EFFECTIVE, report->effective) ||
	    message_put_string(skb, IOMMU_PT_A_REASON, report->reason) ||
	    message_put_flag(skb, IOMMU_PT_A_EXTERNAL, report->external) ||
	    message_put_flag(skb, IOMMU_PT_A_VIRTIO, report->virtio) ||
	    (report->virtio &&
	     nla_put_u32(skb, IOMMU_PT_A_VIRTIO_ACCESS, report->virtio_access)))
		return -EMSGSIZE;
	return 0;
}

int message_put_hint(struct sk_buff *skb, const struct hint *hint)
{
	const char *reason;
	enum iommu_pt_hint_state state = hint_state(hint, &reason);

	if (nla_put_u32(skb, IOMMU_PT_A_CHANNEL, hint->channel) ||
	    nla_put(skb, IOMMU_PT_A_HINT, hint->len, hint->text) ||
	    nla_put_u32(skb, IOMMU_PT_A_HINT_STATE, state) ||
	    message_put_string(skb, IOMMU_PT_A_BUS, hint->bus) ||
	    message_put_string(skb, IOMMU_PT_A_NAME, hint->name) ||
	    message_put_string(skb, IOMMU_PT_A_REASON, reason))
		return -EMSGSIZE;
	return 0;
}
