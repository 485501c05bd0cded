/* SPDX-License-Identifier: GPL-2.0 */
/* What is asked for by netlink: doit of struct genl_ops, an extack with each error. */
#ifndef IOMMU_PT_REQUEST_H
#define IOMMU_PT_REQUEST_H

struct genl_info;
struct sk_buff;

int request_init(void);

/* Waits for rebinds that are under way; no request any more. */
void request_exit(void);

int request_info(struct sk_buff *skb, struct genl_info *info);
int request_device(struct sk_buff *skb, struct genl_info *info);
int request_set(struct sk_buff *skb, struct genl_info *info);
int request_rules(struct sk_buff *skb, struct genl_info *info);
int request_seal(struct sk_buff *skb, struct genl_info *info);

/* Both of lending and of giving back. */
int request_lend(struct sk_buff *skb, struct genl_info *info);

#endif /* IOMMU_PT_REQUEST_H */
