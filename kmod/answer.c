// SPDX-License-Identifier: GPL-2.0
#include <linux/err.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include "answer.h"
#include "device.h"
#include "message.h"
#include "netlink.h"
#include "rebind.h"
#include "refusal.h"
#include "report.h"
#include "subject.h"

struct answer {
	struct sk_buff *skb;
	u32 portid;
	u32 seq;
	struct pt_report report;
};

static int add_extra_attrs(struct sk_buff *skb, struct pt_device *pt,
			   const struct answer_extras *extras)
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
	ret = message_put_string(skb, IOMMU_PT_A_MODALIAS, modalias);
	kfree(modalias);
	return ret;
}

struct answer *answer_make(const struct genl_info *info)
{
	struct answer *answer = kmalloc(sizeof(*answer), GFP_KERNEL);

	if (answer) {
		answer->portid = info->snd_portid;
		answer->seq = info->snd_seq;
		answer->skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
		if (answer->skb)
			return answer;
		kfree(answer);
	}
	refusal_say(info->extack, "no memory for the answer");
	return NULL;
}

void answer_free(struct answer *answer)
{
	nlmsg_free(answer->skb);
	kfree(answer);
}

static int fill(struct answer *answer, struct pt_device *pt,
		const struct answer_extras *extras)
{
	void *header;
	int ret;

	header = genlmsg_put(answer->skb, answer->portid, answer->seq,
			     &netlink_family, 0, IOMMU_PT_CMD_GET_DEVICE);
	if (!header)
		return -EMSGSIZE;
	report_make(pt, &answer->report);
	if (extras->rebind && extras->rebind->error)
		answer->report.reason[0] = '\0';	/* the rebind's instead */
	ret = message_put_device(answer->skb, pt, &answer->report) ?:
	      add_extra_attrs(answer->skb, pt, extras);
	report_done(&answer->report);
	if (!ret)
		genlmsg_end(answer->skb, header);
	return ret;
}

int answer_send(struct answer *answer, struct pt_device *pt,
		const struct answer_extras *extras)
{
	int ret = fill(answer, pt, extras);

	if (!ret) {
		ret = genlmsg_unicast(&init_net, answer->skb, answer->portid);
		answer->skb = NULL;	/* that took it */
	}
	answer_free(answer);
	return ret;
}
