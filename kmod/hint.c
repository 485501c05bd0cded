// SPDX-License-Identifier: GPL-2.0
#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <string.h>
#endif
#include "hint.h"

void hint_start(struct rule_cursor *cur, const char *text, size_t len)
{
	rule_start(cur, text, len, true);
	cur->hint = true;
}

int hint_check(struct rule_cursor *cur, const char *text, size_t len,
	       struct hint_summary *summary, struct rule_error *err)
{
	struct rule rule;
	int ret;

	memset(summary, 0, sizeof(*summary));
	hint_start(cur, text, len);
	while ((ret = rule_next(cur, &rule, err)) > 0) {
		if (ret == RULE_TRUTHFUL)
			summary->truthful = true;
		else
			summary->rules++;
	}
	return ret;
}

bool hint_is_ours(const char *string, size_t len)
{
	return len >= HINT_PREFIX_LEN &&
	       !memcmp(string, HINT_PREFIX, HINT_PREFIX_LEN);
}
