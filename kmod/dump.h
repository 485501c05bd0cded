/* SPDX-License-Identifier: GPL-2.0 */
/* All devices, rules or hints, message after message: dumpit of struct genl_ops. */
#ifndef IOMMU_PT_DUMP_H
#define IOMMU_PT_DUMP_H

struct netlink_callback;
struct sk_buff;

int dump_devices(struct sk_buff *skb, struct netlink_callback *cb);
int dump_rules(struct sk_buff *skb, struct netlink_callback *cb);
int dump_rules_done(struct netlink_callback *cb);
int dump_hints(struct sk_buff *skb, struct netlink_callback *cb);

#endif /* IOMMU_PT_DUMP_H */
