// SPDX-License-Identifier: GPL-2.0
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include "answer.h"
#include "decision.h"
#include "device.h"
#include "group.h"
#include "hints.h"
#include "lend.h"
#include "message.h"
#include "mode.h"
#include "netlink.h"
#include "policy.h"
#include "rebind.h"
#include "refusal.h"
#include "request.h"
#include "seal.h"
#include "stats.h"

static struct workqueue_struct *rebinds;

static bool is_missing(struct genl_info *info, int attr, const char *name)
{
	if (info->attrs[attr])
		return false;
	refusal_say(info->extack, "attribute %s is missing", name);
	return true;
}

static struct pt_device *find_device(struct genl_info *info)
{
	const char *bus, *name;
	struct pt_device *pt;

	if (is_missing(info, IOMMU_PT_A_BUS, "BUS") ||
	    is_missing(info, IOMMU_PT_A_NAME, "NAME"))
		return ERR_PTR(-EINVAL);
	bus = nla_data(info->attrs[IOMMU_PT_A_BUS]);
	name = nla_data(info->attrs[IOMMU_PT_A_NAME]);
	pt = pt_device_find_name(bus, name);
	if (pt)
		return pt;
	refusal_say(info->extack,
		    "no device %.40s on bus %.16s that an IOMMU can be in front of",
		    name, bus);
	return ERR_PTR(-ENODEV);
}

static bool is_off(struct genl_info *info)
{
	if (pt_mode != IOMMU_PT_MODE_OFF)
		return false;
	refusal_say(info->extack,
		    "the module is off (parameter mode=off); load it again without");
	return true;
}

static bool is_denied(struct sk_buff *skb, struct genl_info *info)
{
	/* What the core's type file asks for: our write is a worker's. */
	if (netlink_capable(skb, CAP_SYS_ADMIN) &&
	    netlink_capable(skb, CAP_SYS_RAWIO))
		return false;
	NL_SET_ERR_MSG(info->extack,
		       "that needs root (CAP_SYS_ADMIN and CAP_SYS_RAWIO in the initial user namespace)");
	return true;
}

int request_info(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	void *header;

	if (!reply)
		return -ENOMEM;
	header = genlmsg_put_reply(reply, info, &netlink_family, 0,
				   IOMMU_PT_CMD_GET_INFO);
	if (!header ||
	    nla_put_string(reply, IOMMU_PT_A_VERSION, THIS_MODULE->version) ||
	    nla_put_u32(reply, IOMMU_PT_A_MODE, pt_mode) ||
	    nla_put_u32(reply, IOMMU_PT_A_DEVICES, pt_device_count()) ||
	    nla_put_u32(reply, IOMMU_PT_A_RULES_COUNT, policy_count()) ||
	    nla_put_u32(reply, IOMMU_PT_A_EVENTS_LOST,
			atomic_read(&pt_stats[STAT_EVENTS_LOST])) ||
	    nla_put_u32(reply, IOMMU_PT_A_HINTS, pt_hints) ||
	    message_put_flag(reply, IOMMU_PT_A_CONFIDENTIAL, pt_confidential) ||
	    message_put_flag(reply, IOMMU_PT_A_TRUTHFUL, hints_truthful()) ||
	    message_put_flag(reply, IOMMU_PT_A_SEALED, seal_is_on())) {
		nlmsg_free(reply);
		return -EMSGSIZE;
	}
	genlmsg_end(reply, header);
	return genlmsg_reply(reply, info);
}

int request_device(struct sk_buff *skb, struct genl_info *info)
{
	struct answer_extras extras = { .modalias = true };
	struct pt_device *pt = find_device(info);
	struct answer *answer;
	int ret = -ENOMEM;

	if (IS_ERR(pt))
		return PTR_ERR(pt);
	answer = answer_make(info);
	if (answer)
		ret = answer_send(answer, pt, &extras);
	pt_device_put(pt);
	return ret;
}

/* ---- rebind, outside of netlink's locks: a probe may need them itself ---- */

struct rebind_work {
	struct work_struct work;
	struct pt_device *pt;	/* a reference */
	struct answer *answer;
	bool whole_group;
};

static void free_rebind(struct rebind_work *job)
{
	pt_device_put(job->pt);
	kfree(job);
}

static void rebind_worker(struct work_struct *work)
{
	struct rebind_work *job = container_of(work, struct rebind_work, work);
	struct rebind_result result;
	struct answer_extras extras = { .rebind = &result };

	rebind(job->pt, job->whole_group, &result);
	answer_send(job->answer, job->pt, &extras);
	free_rebind(job);
}

static struct rebind_work *make_rebind(struct pt_device *pt, bool whole_group)
{
	struct rebind_work *job = kmalloc(sizeof(*job), GFP_KERNEL);

	if (!job)
		return NULL;
	INIT_WORK(&job->work, rebind_worker);
	job->pt = pt_device_get(pt);
	job->whole_group = whole_group;
	return job;
}

static int decide(struct genl_info *info, struct pt_device *pt, u32 flags)
{
	struct nlattr *policy = info->attrs[IOMMU_PT_A_POLICY];

	if (!policy)
		return 0;
	return group_decide(pt, nla_get_u32(policy), flags, info->extack);
}

static int set_and_rebind(struct genl_info *info, struct pt_device *pt,
			  u32 flags, struct answer *answer)
{
	struct rebind_work *job;
	int ret;

	job = make_rebind(pt, flags & IOMMU_PT_SET_GROUP);
	if (!job) {
		refusal_say(info->extack, "no memory for the rebind");
		return -ENOMEM;
	}
	ret = decide(info, pt, flags);
	if (ret) {
		free_rebind(job);
		return ret;
	}
	job->answer = answer;
	queue_work(rebinds, &job->work);
	return 0;
}

static int set_found(struct genl_info *info, struct pt_device *pt, u32 flags)
{
	struct answer *answer = answer_make(info);
	struct answer_extras extras = {};
	int ret;

	if (!answer)
		return -ENOMEM;
	if (flags & IOMMU_PT_SET_REBIND)
		ret = set_and_rebind(info, pt, flags, answer);
	else
		ret = decide(info, pt, flags);
	if (ret)
		answer_free(answer);
	else if (!(flags & IOMMU_PT_SET_REBIND))
		ret = answer_send(answer, pt, &extras);
	return ret;
}

/* As find_device(), for whoever may change it. */
static struct pt_device *find_to_change(struct sk_buff *skb,
					struct genl_info *info)
{
	if (is_denied(skb, info))
		return ERR_PTR(-EPERM);
	if (is_off(info))
		return ERR_PTR(-EOPNOTSUPP);
	return find_device(info);
}

int request_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *flags = info->attrs[IOMMU_PT_A_FLAGS];
	struct pt_device *pt = find_to_change(skb, info);
	int ret;

	if (IS_ERR(pt))
		return PTR_ERR(pt);
	ret = set_found(info, pt, flags ? nla_get_u32(flags) : 0);
	pt_device_put(pt);
	return ret;
}

/* ---- lending, likewise ---- */

/* @data: the answer */
static void tell(struct pt_device *pt, const struct rebind_result *result,
		 void *data)
{
	struct answer_extras extras = { .rebind = result };

	answer_send(data, pt, &extras);
}

static int lend_found(struct genl_info *info, struct pt_device *pt)
{
	struct answer *answer = answer_make(info);
	struct lend_reply reply = { .tell = tell, .data = answer };
	int ret;

	if (!answer)
		return -ENOMEM;
	if (info->genlhdr->cmd == IOMMU_PT_CMD_LEND)
		ret = lend(pt, info->snd_portid, &reply, info->extack);
	else
		ret = lend_return(pt, info->snd_portid, &reply, info->extack);
	if (ret)
		answer_free(answer);
	return ret;
}

int request_lend(struct sk_buff *skb, struct genl_info *info)
{
	struct pt_device *pt = find_to_change(skb, info);
	int ret;

	if (IS_ERR(pt))
		return PTR_ERR(pt);
	ret = lend_found(info, pt);
	pt_device_put(pt);
	return ret;
}

/* ---- rules ---- */

static size_t rules_size(struct genl_info *info)
{
	struct nlattr *attr;
	size_t size = 0;
	int rest;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rest)
		if (nla_type(attr) == IOMMU_PT_A_RULES)
			size += nla_len(attr);
	return size;
}

static void join_rules(struct genl_info *info, char *text)
{
	struct nlattr *attr;
	int rest;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rest)
		if (nla_type(attr) == IOMMU_PT_A_RULES) {
			memcpy(text, nla_data(attr), nla_len(attr));
			text += nla_len(attr);
		}
}

static int replace_tier(struct genl_info *info, u32 tier, const char *text,
			size_t size, struct rule_error *err)
{
	if (tier == IOMMU_PT_TIER_HINT)
		return hints_set_fw_cfg(text, size, info->extack, err);
	return decision_replace(tier == IOMMU_PT_TIER_ADMIN ? LAYER_ADMIN :
				LAYER_VENDOR, text, size, info->extack, err);
}

static int replace_rules(struct genl_info *info, u32 tier)
{
	size_t size = rules_size(info);
	struct rule_error err;
	int ret = -ENOMEM;
	char *text;

	if (size > POLICY_TEXT_MAX) {
		refusal_say(info->extack,
			    "%zu bytes of rules, more than the %d that a tier may have",
			    size, POLICY_TEXT_MAX);
		return -EMSGSIZE;
	}
	text = kvmalloc(size ?: 1, GFP_KERNEL);
	if (text) {
		join_rules(info, text);
		ret = replace_tier(info, tier, text, size, &err);
		kvfree(text);
	}
	if (ret == -EINVAL)
		refusal_say(info->extack, "line %u, column %u: %s",
			    err.line, err.column, err.message);
	else if (ret == -ENOMEM)
		refusal_say(info->extack,
			    "no memory for the rules; those before stand");
	return ret;
}

int request_rules(struct sk_buff *skb, struct genl_info *info)
{
	u32 tier;
	int ret;

	if (is_denied(skb, info))
		return -EPERM;
	if (is_off(info))
		return -EOPNOTSUPP;
	if (is_missing(info, IOMMU_PT_A_TIER, "TIER"))
		return -EINVAL;
	tier = nla_get_u32(info->attrs[IOMMU_PT_A_TIER]);
	if (tier < IOMMU_PT_TIER_ADMIN) {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[IOMMU_PT_A_TIER],
				    "rules of this tier are not replaced by netlink");
		return -EINVAL;
	}
	ret = replace_rules(info, tier);
	if (!ret) {
		group_update_all();
		rebind_idle();
	}
	return ret;
}

/* ---- the seal ---- */

int request_seal(struct sk_buff *skb, struct genl_info *info)
{
	int ret;

	if (is_denied(skb, info))
		return -EPERM;
	if (is_off(info))
		return -EOPNOTSUPP;
	ret = seal();
	if (ret)
		refusal_say(info->extack, "nothing is sealed: %s",
			    ret == -ENOMEM ? "no memory for a copy of the rules" :
			    "the module is being unloaded");
	return ret;
}

int __init request_init(void)
{
	rebinds = alloc_workqueue("iommu_pt_rebind", WQ_UNBOUND, 0);
	return rebinds ? 0 : -ENOMEM;
}

void request_exit(void)
{
	destroy_workqueue(rebinds);
}
