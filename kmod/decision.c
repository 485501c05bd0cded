// SPDX-License-Identifier: GPL-2.0
#include <linux/device.h>
#include <linux/err.h>
#include <linux/slab.h>
#include "compat.h"
#include "decision.h"
#include "device.h"
#include "mode.h"
#include "names.h"
#include "refusal.h"
#include "seal.h"
#include "subject.h"

/* ---- asking ---- */

/* A device as the rules see it; done_asking() afterwards. */
struct question {
	struct rule_subject subject;
	char *modalias;
	bool restricted;
};

static int ask(struct question *question, struct pt_device *pt)
{
	lockdep_assert_held(&registry_lock);
	subject_fill(&question->subject, pt->dev);
	question->restricted = pt->external ||
			       pt_hints != IOMMU_PT_HINTS_TRUST;
	question->modalias = NULL;
	if (!policy_needs_modalias())
		return 0;
	question->modalias = subject_modalias(pt->dev);
	if (IS_ERR(question->modalias))
		return PTR_ERR(question->modalias);
	question->subject.modalias = question->modalias;
	return 0;
}

static void done_asking(struct question *question)
{
	kfree(question->modalias);
}

int decision_make(struct pt_device *pt)
{
	struct policy_decision decision;
	struct question question;
	int ret = ask(&question, pt);

	pt->undecided = ret;
	if (ret)
		return ret;
	policy_decide(&question.subject, question.restricted, &decision);
	done_asking(&question);
	policy_rule_put(pt->rule);
	pt->rule = decision.rule;
	pt->by_seal = decision.by_seal;
	memcpy(pt->words, decision.words, sizeof(pt->words));
	return 0;
}

bool decision_is_contradictory(const struct pt_device *pt)
{
	enum iommu_pt_policy word = IOMMU_PT_POLICY_AUTO;
	int channel;

	lockdep_assert_held(&registry_lock);
	if (!pt->rule || pt->rule->tier != IOMMU_PT_TIER_HINT)
		return false;
	for (channel = 0; channel < __IOMMU_PT_CHANNEL_END; channel++) {
		if (pt->words[channel] == IOMMU_PT_POLICY_AUTO)
			continue;
		if (word != IOMMU_PT_POLICY_AUTO && pt->words[channel] != word)
			return true;
		word = pt->words[channel];
	}
	return false;
}

/* ---- changing the rules, once sealed ---- */

/* What the rules in force say of each device, in the registry's order. */
struct survey {
	struct policy_rule **rules;
	unsigned int count;
	unsigned int room;
	struct pt_device *loosened;	/* the first that became less strict */
};

static int survey_device(struct pt_device *pt, void *data)
{
	struct survey *survey = data;
	struct question question;
	int ret = ask(&question, pt);

	if (ret)
		return ret;
	survey->rules[survey->count++] =
		policy_decide_unsealed(&question.subject, question.restricted);
	done_asking(&question);
	return 0;
}

static int compare_device(struct pt_device *pt, void *data)
{
	struct survey *survey = data;
	struct policy_rule *before = survey->rules[survey->count++], *now;
	struct question question;
	int ret = ask(&question, pt);

	if (ret)
		return ret;
	now = policy_decide_unsealed(&question.subject, question.restricted);
	done_asking(&question);
	if (policy_loosens(now, before))
		survey->loosened = pt;
	policy_rule_put(now);
	return survey->loosened ? -EPERM : 0;
}

static void free_survey(struct survey *survey)
{
	unsigned int i;

	for (i = 0; i < survey->room; i++)
		policy_rule_put(survey->rules[i]);
	kvfree(survey->rules);
}

static void say_loosened(const struct pt_device *pt,
			 struct netlink_ext_ack *extack)
{
	refusal_say(extack,
		    "%s would become less strict; the rules are sealed, until reboot",
		    dev_name(pt->dev));
}

static void swap_all(struct list_head *changes)
{
	struct policy_change *change;

	list_for_each_entry(change, changes, list)
		policy_swap(change);
}

/*
 * Try the changes, ask for every device, and swap back if one is less strict.
 * Nobody else asks meanwhile, under registry_lock.
 */
static int take_effect_sealed(struct list_head *changes,
		       struct netlink_ext_ack *extack)
{
	struct survey survey = { .room = pt_device_count() };
	int ret;

	lockdep_assert_held(&registry_lock);
	survey.rules = kvcalloc(survey.room ?: 1, sizeof(*survey.rules),
				GFP_KERNEL);
	if (!survey.rules)
		return -ENOMEM;
	ret = pt_device_each(survey_device, &survey);
	if (!ret) {
		swap_all(changes);
		survey.count = 0;
		ret = pt_device_each(compare_device, &survey);
		if (ret)
			swap_all(changes);
	}
	if (survey.loosened)
		say_loosened(survey.loosened, extack);
	free_survey(&survey);
	return ret;
}

static int take_effect(struct list_head *changes, struct netlink_ext_ack *extack)
{
	lockdep_assert_held(&registry_lock);
	if (seal_is_on())
		return take_effect_sealed(changes, extack);
	swap_all(changes);
	return 0;
}

static void finish_all(struct list_head *changes)
{
	struct policy_change *change, *next;

	list_for_each_entry_safe(change, next, changes, list)
		policy_finish(change);
}

int decision_replace(enum policy_layer layer, const char *text, size_t len,
		     struct netlink_ext_ack *extack, struct rule_error *err)
{
	struct policy_change *change = policy_prepare(layer, text, len, err);
	LIST_HEAD(changes);
	int ret;

	if (IS_ERR(change))
		return PTR_ERR(change);
	list_add(&change->list, &changes);
	mutex_lock(&registry_lock);
	ret = take_effect(&changes, extack);
	mutex_unlock(&registry_lock);
	finish_all(&changes);
	return ret;
}

/* ---- decisions of the runtime tier ---- */

static int check_decision(const struct pt_device *pt,
			  enum iommu_pt_policy policy, bool force,
			  struct netlink_ext_ack *extack)
{
	if (policy == IOMMU_PT_POLICY_AUTO)
		return 0;
	if (!pt->group->grp) {
		refusal_say(extack,
			    "%s is in no IOMMU group: no IOMMU before it, or its driver is off",
			    dev_name(pt->dev));
		return -EOPNOTSUPP;
	}
	if (pt->external && policy == IOMMU_PT_POLICY_PASSTHROUGH && !force) {
		refusal_say(extack,
			    "%s is external (untrusted or removable); only force overrides that",
			    dev_name(pt->dev));
		return -EPERM;
	}
	return 0;
}

static int prepare(struct pt_device *pt, enum iommu_pt_policy policy,
		   bool force, struct list_head *changes,
		   struct netlink_ext_ack *extack)
{
	struct policy_change *change;
	int ret = check_decision(pt, policy, force, extack);

	if (ret)
		return ret;
	change = policy_prepare_runtime(pt->dev->bus->name, dev_name(pt->dev),
					policy, force);
	if (IS_ERR(change))
		return PTR_ERR(change);
	list_add_tail(&change->list, changes);
	return 0;
}

int decision_set(struct pt_device *pt, enum iommu_pt_policy policy, u32 flags,
		 struct netlink_ext_ack *extack)
{
	bool force = flags & IOMMU_PT_SET_FORCE;
	struct pt_device *member;
	LIST_HEAD(changes);
	int ret = 0;

	mutex_lock(&registry_lock);
	if (flags & IOMMU_PT_SET_GROUP) {
		list_for_each_entry(member, &pt->group->members, member)
			ret = ret ?: prepare(member, policy, force, &changes,
					     extack);
	} else {
		ret = prepare(pt, policy, force, &changes, extack);
	}
	ret = ret ?: take_effect(&changes, extack);
	mutex_unlock(&registry_lock);
	finish_all(&changes);
	return ret;
}
