/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The answer to whoever asked about a device, or for a change of it. Whoever changes
 * something makes it before, so that what was done is never told as a failure, nor not
 * at all.
 */
#ifndef IOMMU_PT_ANSWER_H
#define IOMMU_PT_ANSWER_H

#include <linux/types.h>

struct answer;
struct genl_info;
struct pt_device;
struct rebind_result;

/**
 * struct answer_extras - what makes each kind of answer differ from a plain device
 * @modalias: the device's is in it
 * @rebind: how that went, or NULL
 */
struct answer_extras {
	bool modalias;
	const struct rebind_result *rebind;
};

/* Return: room for the answer to @info, the caller's; or NULL, and the extack says it. */
struct answer *answer_make(const struct genl_info *info);
void answer_free(struct answer *answer);

/**
 * answer_send() - fill an answer, send it, free it
 * @answer: gone afterwards
 * @pt: the device; as it is now
 * @extras: what else is in it
 *
 * Context: sleeps.
 * Return: 0, -EMSGSIZE, -ENOMEM, or what genlmsg_unicast() returns.
 */
int answer_send(struct answer *answer, struct pt_device *pt,
		const struct answer_extras *extras);

#endif /* IOMMU_PT_ANSWER_H */
