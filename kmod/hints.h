/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The channels of hints: what the machine says, as it was received, and the
 * handing of it to the rules. Of a channel all counts or nothing; of the properties,
 * each by itself.
 */
#ifndef IOMMU_PT_HINTS_H
#define IOMMU_PT_HINTS_H

#include <linux/refcount.h>
#include <linux/types.h>
#include "uapi/linux/iommu_pt.h"

struct device;
struct netlink_ext_ack;
struct policy_rule;
struct rule_error;

/* Longer hints are kept in so far as they can be shown. */
#define HINT_SHOWN_MAX	2048
#define HINT_REASON_MAX	160

/**
 * struct hint - one hint, as it was received; constant
 * @refs: the list's reference, and those of whoever looks at it
 * @id: number in the list, grows
 * @channel: where it came from
 * @says_rules: has something that is not "truthful"
 * @says_truthful: has that
 * @external: of an external device
 * @generation: of FW_CFG, which text it is of; fw_cfg_lock
 * @bus: of the device whose property it is, or NULL
 * @name: likewise
 * @rule: the rule that a property makes, or NULL; a reference
 * @rejected: why it does not count, empty if it is well-formed
 * @len: bytes of @text
 * @text: any bytes
 */
struct hint {
	refcount_t refs;
	u32 id;
	enum iommu_pt_channel channel;
	bool says_rules;
	bool says_truthful;
	bool external;
	unsigned int generation;
	char *bus;
	char *name;
	struct policy_rule *rule;
	char rejected[HINT_REASON_MAX];
	size_t len;
	u8 text[];
};

/**
 * hints_init() - read the channels that are there before any device
 *
 * Return: 0 or -ENOMEM. A malformed hint is no error: it is told, and does
 * not count.
 */
int hints_init(void);
void hints_exit(void);

/**
 * hints_device_add() - read a device's property
 * @dev: the device
 *
 * Return: the hint, for hints_device_remove(), NULL without, or
 * ERR_PTR(-ENOMEM).
 */
struct hint *hints_device_add(struct device *dev);
void hints_device_remove(struct hint *hint);

/**
 * hints_set_fw_cfg() - replace what channel FW_CFG says
 * @text: hint text
 * @len: bytes of it
 * @extack: says why not
 * @err: where the text is wrong, on -EINVAL
 *
 * Return: as decision_replace().
 */
int hints_set_fw_cfg(const char *text, size_t len,
		     struct netlink_ext_ack *extack, struct rule_error *err);

/* Does the platform vouch for its tables, and is that believed? */
bool hints_truthful(void);

/**
 * hint_state() - what becomes of a hint
 * @hint: the hint
 * @reason: a static sentence, or one in @hint, NULL if it is just accepted
 */
enum iommu_pt_hint_state hint_state(const struct hint *hint,
				    const char **reason);

/**
 * hint_next() - walk over all hints
 * @id: the first number to look at, 0 to begin; moves on
 *
 * Return: a hint with a reference, NULL at the end.
 */
struct hint *hint_next(unsigned long *id);
void hint_put(struct hint *hint);

#endif /* IOMMU_PT_HINTS_H */
