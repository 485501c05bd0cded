/* SPDX-License-Identifier: GPL-2.0 */
/* What netlink messages consist of; uapi/linux/iommu_pt.h describes every one. */
#ifndef IOMMU_PT_MESSAGE_H
#define IOMMU_PT_MESSAGE_H

#include <linux/types.h>

struct hint;
struct policy_rule;
struct pt_device;
struct pt_report;
struct sk_buff;

/* All return 0, or -EMSGSIZE if it does not fit; then part of it may be there. */

/* No attribute for an empty string, or NULL; none for a flag that is not set. */
int message_put_string(struct sk_buff *skb, int attr, const char *string);
int message_put_flag(struct sk_buff *skb, int attr, bool flag);

/* Nothing for NULL. */
int message_put_rule(struct sk_buff *skb, const struct policy_rule *rule);

int message_put_device(struct sk_buff *skb, const struct pt_device *pt,
		       const struct pt_report *report);
int message_put_hint(struct sk_buff *skb, const struct hint *hint);

#endif /* IOMMU_PT_MESSAGE_H */
