// SPDX-License-Identifier: GPL-2.0
/* Checks of what hypervisor and firmware say. */
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "hint.h"
#include "names.h"

#define HINT_SHOWN	80	/* bytes of it */

static void check_rejected(struct audit *audit)
{
	size_t i;

	for (i = 0; i < audit->hints.count; i++) {
		const struct said *said = &audit->hints.at[i];
		char *shown;

		if (said->state != IOMMU_PT_HINT_REJECTED)
			continue;
		shown = said_shown(said, HINT_SHOWN);
		findings_add(audit->found, "hint-rejected", SEVERITY_MEDIUM,
			     said->device, -1,
			     xasprintf("%s says \"%s\": %s", said->channel,
				       shown, said->reason ? said->reason :
							     "malformed"),
			     said->device ?
			     "the property is not in force, those of other devices are: have whoever runs the hypervisor, or made the firmware, correct it; see: ptctl hints" :
			     "no hint of that channel is in force: have whoever runs the hypervisor, or made the firmware, correct it; see: ptctl hints");
		free(shown);
	}
}

/* The first rule of a hint text that speaks of the device; -1: none does. */
static int word_of_text(const char *text, size_t len, const struct dev *dev)
{
	struct rule_subject subject = dev_subject(dev);
	struct rule_cursor cur;
	struct rule_error err;
	struct rule rule;
	int ret;

	hint_start(&cur, text, len);
	while ((ret = rule_next(&cur, &rule, &err)) > 0)
		if (ret != RULE_TRUTHFUL && rule_matches(&rule, &subject))
			return (int)rule.policy;
	return -1;
}

static int word_of(const struct said *said, const struct dev *dev)
{
	if (said->device)
		return strcmp(said->device, dev->label) ? -1 :
		       policy_parse(said->text, said->len);
	if (hint_is_ours(said->text, said->len))
		return word_of_text(said->text + HINT_PREFIX_LEN,
				    said->len - HINT_PREFIX_LEN, dev);
	return word_of_text(said->text, said->len, dev);
}

static bool would_loosen(const struct said *said, const struct dev *dev)
{
	int word;

	if (said->state == IOMMU_PT_HINT_REJECTED ||
	    said->state == IOMMU_PT_HINT_IGNORED)
		return false;
	word = word_of(said, dev);
	return word == IOMMU_PT_POLICY_PASSTHROUGH ||
	       word == IOMMU_PT_POLICY_LAZY;
}

static void check_loosening(struct audit *audit, const struct master *m)
{
	size_t i;

	for (i = 0; i < audit->hints.count; i++) {
		const struct said *said = &audit->hints.at[i];
		char *shown;

		if (!would_loosen(said, &m->dev))
			continue;
		shown = said_shown(said, HINT_SHOWN);
		findings_add(audit->found, "hint-restricted", SEVERITY_LOW,
			     m->dev.label, m->dev.group,
			     xasprintf("%s says \"%s\", which would loosen an external device, and so does not count",
				       said->channel, shown),
			     "ask whoever runs the hypervisor, or made the firmware, why; if you want it yourself: a rule with force=yes");
		free(shown);
		return;
	}
}

void audit_hints(struct audit *audit)
{
	size_t i;

	check_rejected(audit);
	for (i = 0; i < audit->inv->masters.count; i++)
		if (audit->inv->masters.at[i].dev.external == RULE_YES)
			check_loosening(audit, &audit->inv->masters.at[i]);
}
