// SPDX-License-Identifier: GPL-2.0
/*
 * uapi/linux/iommu_pt.h describes every message.
 */
#include <linux/capability.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include "compat.h"
#include "decision.h"
#include "device.h"
#include "group.h"
#include "hints.h"
#include "lend.h"
#include "mode.h"
#include "netlink.h"
#include "policy.h"
#include "rebind.h"
#include "refusal.h"
#include "report.h"
#include "seal.h"
#include "stats.h"
#include "subject.h"

static struct genl_family family;
static struct workqueue_struct *rebinds;
static bool closed;	/* no event any more */
/* Innermost: events go out in the order of their numbers. */
static DEFINE_MUTEX(event_lock);
static u32 event_number;

/* ---- messages ---- */

static int add_string(struct sk_buff *skb, int attr, const char *string)
{
	return string && *string ? nla_put_string(skb, attr, string) : 0;
}

static int add_flag(struct sk_buff *skb, int attr, bool flag)
{
	return flag ? nla_put_flag(skb, attr) : 0;
}

static int add_rule_attrs(struct sk_buff *skb, const struct policy_rule *rule)
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

static int add_device_attrs(struct sk_buff *skb, const struct pt_device *pt,
			    const struct pt_report *report)
{
	if (nla_put_string(skb, IOMMU_PT_A_BUS, pt->dev->bus->name) ||
	    nla_put_string(skb, IOMMU_PT_A_NAME, dev_name(pt->dev)) ||
	    (report->group_id >= 0 &&
	     nla_put_u32(skb, IOMMU_PT_A_GROUP, report->group_id)) ||
	    add_string(skb, IOMMU_PT_A_DRIVER, report->driver) ||
	    nla_put_u32(skb, IOMMU_PT_A_POLICY, report->policy) ||
	    add_rule_attrs(skb, report->rule) ||
	    nla_put_u32(skb, IOMMU_PT_A_STATUS, report->status) ||
	    nla_put_u32(skb, IOMMU_PT_A_EFFECTIVE, report->effective) ||
	    add_string(skb, IOMMU_PT_A_REASON, report->reason) ||
	    add_flag(skb, IOMMU_PT_A_EXTERNAL, report->external) ||
	    add_flag(skb, IOMMU_PT_A_VIRTIO, report->virtio) ||
	    (report->virtio &&
	     nla_put_u32(skb, IOMMU_PT_A_VIRTIO_ACCESS, report->virtio_access)))
		return -EMSGSIZE;
	return 0;
}

/* What makes each kind of message differ from a plain device. */
struct extras {
	bool modalias;
	const struct rebind_result *rebind;
};

static int add_extra_attrs(struct sk_buff *skb, struct pt_device *pt,
			   const struct extras *extras)
{
	char *modalias;
	int ret;

	if (extras->rebind && extras->rebind->error &&
	    (nla_put_u32(skb, IOMMU_PT_A_ERROR, -extras->rebind->error) ||
	     nla_put_string(skb, IOMMU_PT_A_REASON, extras->rebind->message)))
		return -EMSGSIZE;
	if (!extras->modalias)
		return 0;
	modalias = subject_modalias(pt->dev);
	if (IS_ERR(modalias))
		return PTR_ERR(modalias);
	ret = add_string(skb, IOMMU_PT_A_MODALIAS, modalias);
	kfree(modalias);
	return ret;
}

/*
 * Room for a message about a device. Whoever changes something has it before,
 * so that what was done is never told as a failure, nor not at all.
 */
struct answer {
	struct sk_buff *skb;
	struct pt_report report;
};

static struct answer *make_answer(void)
{
	struct answer *answer = kmalloc(sizeof(*answer), GFP_KERNEL);

	if (!answer)
		return NULL;
	answer->skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (answer->skb)
		return answer;
	kfree(answer);
	return NULL;
}

static void free_answer(struct answer *answer)
{
	nlmsg_free(answer->skb);
	kfree(answer);
}

static int fill_answer(struct answer *answer, struct pt_device *pt, u32 portid,
		       u32 seq, const struct extras *extras)
{
	void *header;
	int ret;

	header = genlmsg_put(answer->skb, portid, seq, &family, 0,
			     IOMMU_PT_CMD_GET_DEVICE);
	if (!header)
		return -EMSGSIZE;
	report_make(pt, &answer->report);
	if (extras->rebind && extras->rebind->error)
		answer->report.reason[0] = '\0';	/* the rebind's instead */
	ret = add_device_attrs(answer->skb, pt, &answer->report) ?:
	      add_extra_attrs(answer->skb, pt, extras);
	report_done(&answer->report);
	if (!ret)
		genlmsg_end(answer->skb, header);
	return ret;
}

/* Fill it, send it, free it. */
static int send_answer(struct answer *answer, struct pt_device *pt, u32 portid,
		       u32 seq, const struct extras *extras)
{
	int ret = fill_answer(answer, pt, portid, seq, extras);

	if (!ret) {
		ret = genlmsg_unicast(&init_net, answer->skb, portid);
		answer->skb = NULL;	/* that took it */
	}
	free_answer(answer);
	return ret;
}

/* ---- requests ---- */

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

static int get_info(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	void *header;

	if (!reply)
		return -ENOMEM;
	header = genlmsg_put_reply(reply, info, &family, 0,
				   IOMMU_PT_CMD_GET_INFO);
	if (!header ||
	    nla_put_string(reply, IOMMU_PT_A_VERSION, THIS_MODULE->version) ||
	    nla_put_u32(reply, IOMMU_PT_A_MODE, pt_mode) ||
	    nla_put_u32(reply, IOMMU_PT_A_DEVICES, pt_device_count()) ||
	    nla_put_u32(reply, IOMMU_PT_A_RULES_COUNT, policy_count()) ||
	    nla_put_u32(reply, IOMMU_PT_A_EVENTS_LOST,
			atomic_read(&pt_stats[STAT_EVENTS_LOST])) ||
	    nla_put_u32(reply, IOMMU_PT_A_HINTS, pt_hints) ||
	    add_flag(reply, IOMMU_PT_A_CONFIDENTIAL, pt_confidential) ||
	    add_flag(reply, IOMMU_PT_A_TRUTHFUL, hints_truthful()) ||
	    add_flag(reply, IOMMU_PT_A_SEALED, seal_is_on())) {
		nlmsg_free(reply);
		return -EMSGSIZE;
	}
	genlmsg_end(reply, header);
	return genlmsg_reply(reply, info);
}

static struct answer *make_answer_for(struct genl_info *info)
{
	struct answer *answer = make_answer();

	if (!answer)
		refusal_say(info->extack, "no memory for the answer");
	return answer;
}

static int get_device_one(struct sk_buff *skb, struct genl_info *info)
{
	struct extras extras = { .modalias = true };
	struct pt_device *pt = find_device(info);
	struct answer *answer;
	int ret = -ENOMEM;

	if (IS_ERR(pt))
		return PTR_ERR(pt);
	answer = make_answer_for(info);
	if (answer)
		ret = send_answer(answer, pt, info->snd_portid, info->snd_seq,
				  &extras);
	pt_device_put(pt);
	return ret;
}

/* ---- rebind, outside of netlink's locks: a probe may need them itself ---- */

struct rebind_work {
	struct work_struct work;
	struct pt_device *pt;	/* a reference */
	struct answer *answer;
	bool whole_group;
	u32 portid;
	u32 seq;
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
	struct extras extras = { .rebind = &result };

	rebind(job->pt, job->whole_group, &result);
	send_answer(job->answer, job->pt, job->portid, job->seq, &extras);
	free_rebind(job);
}

static struct rebind_work *make_rebind(struct genl_info *info,
				       struct pt_device *pt, bool whole_group)
{
	struct rebind_work *job = kmalloc(sizeof(*job), GFP_KERNEL);

	if (!job)
		return NULL;
	INIT_WORK(&job->work, rebind_worker);
	job->pt = pt_device_get(pt);
	job->whole_group = whole_group;
	job->portid = info->snd_portid;
	job->seq = info->snd_seq;
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

	job = make_rebind(info, pt, flags & IOMMU_PT_SET_GROUP);
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
	struct answer *answer = make_answer_for(info);
	struct extras extras = {};
	int ret;

	if (!answer)
		return -ENOMEM;
	if (flags & IOMMU_PT_SET_REBIND)
		ret = set_and_rebind(info, pt, flags, answer);
	else
		ret = decide(info, pt, flags);
	if (ret)
		free_answer(answer);
	else if (!(flags & IOMMU_PT_SET_REBIND))
		ret = send_answer(answer, pt, info->snd_portid, info->snd_seq,
				  &extras);
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

static int set_device(struct sk_buff *skb, struct genl_info *info)
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

/* The answer that comes when it is done. */
struct late_answer {
	struct answer *answer;
	u32 portid;
	u32 seq;
};

static void send_late(struct pt_device *pt, const struct rebind_result *result,
		      void *data)
{
	struct extras extras = { .rebind = result };
	struct late_answer *late = data;

	send_answer(late->answer, pt, late->portid, late->seq, &extras);
	kfree(late);
}

static void free_late(struct late_answer *late)
{
	free_answer(late->answer);
	kfree(late);
}

static struct late_answer *make_late(struct genl_info *info)
{
	struct late_answer *late = kmalloc(sizeof(*late), GFP_KERNEL);

	if (late)
		late->answer = make_answer();
	if (!late || !late->answer) {
		refusal_say(info->extack, "no memory for the answer");
		kfree(late);
		return NULL;
	}
	late->portid = info->snd_portid;
	late->seq = info->snd_seq;
	return late;
}

static int lend_found(struct genl_info *info, struct pt_device *pt)
{
	struct lend_reply reply = { .tell = send_late };
	struct late_answer *late = make_late(info);
	int ret;

	if (!late)
		return -ENOMEM;
	reply.data = late;
	if (info->genlhdr->cmd == IOMMU_PT_CMD_LEND)
		ret = lend(pt, info->snd_portid, &reply, info->extack);
	else
		ret = lend_return(pt, info->snd_portid, &reply, info->extack);
	if (ret)
		free_late(late);
	return ret;
}

static int lend_device(struct sk_buff *skb, struct genl_info *info)
{
	struct pt_device *pt = find_to_change(skb, info);
	int ret;

	if (IS_ERR(pt))
		return PTR_ERR(pt);
	ret = lend_found(info, pt);
	pt_device_put(pt);
	return ret;
}

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

static int set_rules(struct sk_buff *skb, struct genl_info *info)
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

static int do_seal(struct sk_buff *skb, struct genl_info *info)
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

/* ---- dumps ---- */

static int dump_device(struct sk_buff *skb, struct netlink_callback *cb,
		       struct pt_device *pt, struct pt_report *report)
{
	void *header;
	int ret;

	header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
			     cb->nlh->nlmsg_seq, &family, NLM_F_MULTI,
			     IOMMU_PT_CMD_GET_DEVICE);
	if (!header)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, header);
	report_make(pt, report);
	ret = add_device_attrs(skb, pt, report);
	report_done(report);
	if (ret)
		genlmsg_cancel(skb, header);
	else
		genlmsg_end(skb, header);
	return ret;
}

static int dump_devices(struct sk_buff *skb, struct netlink_callback *cb)
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
	void *header;

	header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
			     cb->nlh->nlmsg_seq, &family, NLM_F_MULTI,
			     IOMMU_PT_CMD_GET_RULES);
	if (!header)
		return -EMSGSIZE;
	if (add_rule_attrs(skb, rule)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

/* args[0]: the rule to go on with, a reference; args[1]: at the end */
static int dump_rules(struct sk_buff *skb, struct netlink_callback *cb)
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

static int dump_rules_done(struct netlink_callback *cb)
{
	policy_rule_put((void *)cb->args[0]);
	return 0;
}

static int add_hint_attrs(struct sk_buff *skb, const struct hint *hint)
{
	const char *reason;
	enum iommu_pt_hint_state state = hint_state(hint, &reason);

	if (nla_put_u32(skb, IOMMU_PT_A_CHANNEL, hint->channel) ||
	    nla_put(skb, IOMMU_PT_A_HINT, hint->len, hint->text) ||
	    nla_put_u32(skb, IOMMU_PT_A_HINT_STATE, state) ||
	    add_string(skb, IOMMU_PT_A_BUS, hint->bus) ||
	    add_string(skb, IOMMU_PT_A_NAME, hint->name) ||
	    add_string(skb, IOMMU_PT_A_REASON, reason))
		return -EMSGSIZE;
	return 0;
}

static int dump_hint(struct sk_buff *skb, struct netlink_callback *cb,
		     const struct hint *hint)
{
	void *header;

	header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
			     cb->nlh->nlmsg_seq, &family, NLM_F_MULTI,
			     IOMMU_PT_CMD_GET_HINTS);
	if (!header)
		return -EMSGSIZE;
	if (add_hint_attrs(skb, hint)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

/* args[0]: the number to go on with */
static int dump_hints(struct sk_buff *skb, struct netlink_callback *cb)
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

/* ---- events ---- */

static struct sk_buff *make_event(struct pt_device *pt,
				  enum iommu_pt_event event,
				  const struct pt_report *report, u32 number)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	void *header;

	if (!skb)
		return NULL;
	header = genlmsg_put(skb, 0, number, &family, 0, IOMMU_PT_CMD_EVENT);
	if (!header || nla_put_u32(skb, IOMMU_PT_A_EVENT, event) ||
	    add_device_attrs(skb, pt, report)) {
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

	if (READ_ONCE(closed) || !genl_has_listeners(&family, &init_net, 0))
		return;
	mutex_lock(&event_lock);
	skb = make_event(pt, event, report, ++event_number);
	if (skb)
		genlmsg_multicast(&family, skb, 0, 0, GFP_KERNEL);
	else
		stats_count(STAT_EVENTS_LOST);
	mutex_unlock(&event_lock);
}

/* ---- the family ---- */

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
		.doit = get_info,
	},
	{
		.cmd = IOMMU_PT_CMD_GET_DEVICE,
		.doit = get_device_one,
		.dumpit = dump_devices,
	},
	{
		.cmd = IOMMU_PT_CMD_SET_DEVICE,
		.doit = set_device,
	},
	{
		.cmd = IOMMU_PT_CMD_GET_RULES,
		.dumpit = dump_rules,
		.done = dump_rules_done,
	},
	{
		.cmd = IOMMU_PT_CMD_SET_RULES,
		.doit = set_rules,
	},
	{
		.cmd = IOMMU_PT_CMD_GET_HINTS,
		.dumpit = dump_hints,
	},
	{
		.cmd = IOMMU_PT_CMD_SEAL,
		.doit = do_seal,
	},
	{
		.cmd = IOMMU_PT_CMD_LEND,
		.doit = lend_device,
	},
	{
		.cmd = IOMMU_PT_CMD_RETURN,
		.doit = lend_device,
	},
};

static const struct genl_multicast_group groups[] = {
	{ .name = IOMMU_PT_GENL_MCGRP },
};

static struct genl_family family = {
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

	rebinds = alloc_workqueue("iommu_pt_rebind", WQ_UNBOUND, 0);
	if (!rebinds)
		return -ENOMEM;
	ret = lend_init();
	if (ret)
		goto err_rebinds;
	ret = netlink_register_notifier(&netlink_watcher);
	if (ret)
		goto err_lend;
	ret = genl_register_family(&family);
	if (ret)
		goto err_watcher;
	return 0;

err_watcher:
	netlink_unregister_notifier(&netlink_watcher);
err_lend:
	lend_exit();
err_rebinds:
	destroy_workqueue(rebinds);
	return ret;
}

void netlink_exit(void)
{
	WRITE_ONCE(closed, true);
	genl_unregister_family(&family);
	netlink_unregister_notifier(&netlink_watcher);
	lend_exit();
	destroy_workqueue(rebinds);
}
