// SPDX-License-Identifier: GPL-2.0
#include <linux/init.h>
#include <linux/module.h>
#include <net/genetlink.h>
#include "dump.h"
#include "lend.h"
#include "message.h"
#include "netlink.h"
#include "request.h"
#include "stats.h"

static bool closed = true;	/* nobody can listen: not yet, or no more */
/* Innermost: events go out in the order of their numbers. */
static DEFINE_MUTEX(event_lock);
static u32 event_number;

/* ---- events ---- */

static struct sk_buff *make_event(struct pt_device *pt,
				  enum iommu_pt_event event,
				  const struct pt_report *report, u32 number)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	void *header;

	if (!skb)
		return NULL;
	header = genlmsg_put(skb, 0, number, &netlink_family, 0,
			     IOMMU_PT_CMD_EVENT);
	if (!header || nla_put_u32(skb, IOMMU_PT_A_EVENT, event) ||
	    message_put_device(skb, pt, report)) {
		nlmsg_free(skb);
		return NULL;
	}
	genlmsg_end(skb, header);
	return skb;
}

void netlink_tell(struct pt_device *pt, enum iommu_pt_event event,
		  const struct pt_report *report)
{
	struct sk_buff *skb;

	if (READ_ONCE(closed) ||
	    !genl_has_listeners(&netlink_family, &init_net, 0))
		return;
	mutex_lock(&event_lock);
	skb = make_event(pt, event, report, ++event_number);
	if (skb)
		genlmsg_multicast(&netlink_family, skb, 0, 0, GFP_KERNEL);
	else
		stats_count(STAT_EVENTS_LOST);
	mutex_unlock(&event_lock);
}

/* ---- the family ---- */

/* A socket is gone, with whatever it was that had it. */
static int on_netlink(struct notifier_block *nb, unsigned long action,
		      void *data)
{
	const struct netlink_notify *notify = data;

	if (action == NETLINK_URELEASE && notify->protocol == NETLINK_GENERIC &&
	    net_eq(notify->net, &init_net))
		lend_end(notify->portid);
	return NOTIFY_OK;
}

static struct notifier_block netlink_watcher = { .notifier_call = on_netlink };

static const struct nla_policy attr_policy[IOMMU_PT_A_MAX + 1] = {
	[IOMMU_PT_A_BUS] = { .type = NLA_NUL_STRING, .len = 64 },
	[IOMMU_PT_A_NAME] = { .type = NLA_NUL_STRING, .len = 512 },
	[IOMMU_PT_A_POLICY] = NLA_POLICY_MAX(NLA_U32, __IOMMU_PT_POLICY_END - 1),
	[IOMMU_PT_A_TIER] = NLA_POLICY_MAX(NLA_U32, __IOMMU_PT_TIER_END - 1),
	[IOMMU_PT_A_FLAGS] = NLA_POLICY_MASK(NLA_U32, IOMMU_PT_SET_ALL),
	[IOMMU_PT_A_RULES] = { .type = NLA_BINARY },
};

static const struct genl_ops ops[] = {
	{
		.cmd = IOMMU_PT_CMD_GET_INFO,
		.doit = request_info,
	},
	{
		.cmd = IOMMU_PT_CMD_GET_DEVICE,
		.doit = request_device,
		.dumpit = dump_devices,
	},
	{
		.cmd = IOMMU_PT_CMD_SET_DEVICE,
		.doit = request_set,
	},
	{
		.cmd = IOMMU_PT_CMD_GET_RULES,
		.dumpit = dump_rules,
		.done = dump_rules_done,
	},
	{
		.cmd = IOMMU_PT_CMD_SET_RULES,
		.doit = request_rules,
	},
	{
		.cmd = IOMMU_PT_CMD_GET_HINTS,
		.dumpit = dump_hints,
	},
	{
		.cmd = IOMMU_PT_CMD_SEAL,
		.doit = request_seal,
	},
	{
		.cmd = IOMMU_PT_CMD_LEND,
		.doit = request_lend,
	},
	{
		.cmd = IOMMU_PT_CMD_RETURN,
		.doit = request_lend,
	},
};

static const struct genl_multicast_group groups[] = {
	{ .name = IOMMU_PT_GENL_MCGRP },
};

struct genl_family netlink_family = {
	.name = IOMMU_PT_GENL_NAME,
	.version = IOMMU_PT_GENL_VERSION,
	.maxattr = IOMMU_PT_A_MAX,
	.policy = attr_policy,
	.module = THIS_MODULE,
	.parallel_ops = true,	/* the locks of policy.c and device.h do */
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

int __init netlink_init(void)
{
	int ret;

	ret = request_init();
	if (ret)
		return ret;
	ret = lend_init();
	if (ret)
		goto err_request;
	ret = netlink_register_notifier(&netlink_watcher);
	if (ret)
		goto err_lend;
	ret = genl_register_family(&netlink_family);
	if (ret)
		goto err_watcher;
	WRITE_ONCE(closed, false);
	return 0;

err_watcher:
	netlink_unregister_notifier(&netlink_watcher);
err_lend:
	lend_exit();
err_request:
	request_exit();
	return ret;
}

void netlink_exit(void)
{
	WRITE_ONCE(closed, true);
	genl_unregister_family(&netlink_family);
	netlink_unregister_notifier(&netlink_watcher);
	lend_exit();
	request_exit();
}
