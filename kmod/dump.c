// SPDX-License-Identifier: GPL-2.0
#include <linux/device.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include "device.h"
#include "dump.h"
#include "hints.h"
#include "message.h"
#include "netlink.h"
#include "policy.h"
#include "report.h"

static void *begin(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			   &netlink_family, NLM_F_MULTI, cmd);
}

/* All of it or nothing: what did not fit begins the next message. */
static int end(struct sk_buff *skb, void *header, int ret)
{
	if (ret)
		genlmsg_cancel(skb, header);
	else
		genlmsg_end(skb, header);
	return ret;
}

static int dump_device(struct sk_buff *skb, struct netlink_callback *cb,
		       struct pt_device *pt, struct pt_report *report)
{
	void *header = begin(skb, cb, IOMMU_PT_CMD_GET_DEVICE);
	int ret;

	if (!header)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, header);
	report_make(pt, report);
	ret = message_put_device(skb, pt, report);
	report_done(report);
	return end(skb, header, ret);
}

int dump_devices(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct pt_report *report;
	struct pt_device *pt;
	unsigned long id = cb->args[0];

	report = kmalloc(sizeof(*report), GFP_KERNEL);
	if (!report)
		return -ENOMEM;
	cb->seq = pt_device_generation();
	while ((pt = pt_device_next(&id))) {
		int ret = dump_device(skb, cb, pt, report);

		pt_device_put(pt);
		if (ret)
			break;
		cb->args[0] = id;
	}
	kfree(report);
	return skb->len;
}

static int dump_rule(struct sk_buff *skb, struct netlink_callback *cb,
		     const struct policy_rule *rule)
{
	void *header = begin(skb, cb, IOMMU_PT_CMD_GET_RULES);

	if (!header)
		return -EMSGSIZE;
	return end(skb, header, message_put_rule(skb, rule));
}

/* args[0]: the rule to go on with, a reference; args[1]: at the end */
int dump_rules(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct policy_rule *rule = (void *)cb->args[0];

	if (!rule && !cb->args[1])
		rule = policy_next(NULL);
	while (rule && !dump_rule(skb, cb, rule))
		rule = policy_next(rule);
	cb->args[0] = (long)rule;
	cb->args[1] = true;
	return skb->len;
}

int dump_rules_done(struct netlink_callback *cb)
{
	policy_rule_put((void *)cb->args[0]);
	return 0;
}

static int dump_hint(struct sk_buff *skb, struct netlink_callback *cb,
		     const struct hint *hint)
{
	void *header = begin(skb, cb, IOMMU_PT_CMD_GET_HINTS);

	if (!header)
		return -EMSGSIZE;
	return end(skb, header, message_put_hint(skb, hint));
}

/* args[0]: the number to go on with */
int dump_hints(struct sk_buff *skb, struct netlink_callback *cb)
{
	unsigned long id = cb->args[0];
	struct hint *hint;
	int ret = 0;

	while (!ret && (hint = hint_next(&id))) {
		ret = dump_hint(skb, cb, hint);
		if (!ret)
			cb->args[0] = id;
		hint_put(hint);
	}
	return skb->len;
}
