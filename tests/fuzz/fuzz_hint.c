// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target for hint.c: any bytes, as an SMBIOS string and as what is in
 * one. What must hold:
 *
 * - it ends, and an error's place is in the text;
 * - no rule of a hint has force, and all of them are rules of the language;
 * - hint_check() says what reading one by one says, and stops at the first
 *   error;
 * - the statements are those of rule_next(), but for "truthful".
 */
#include "hint.h"
#include "names.h"
#include "require.h"

/* A rule's text is a rule without force, and truthful is none. */
static void check_rule(const struct rule *rule)
{
	static struct rule_cursor cur;
	char text[RULE_LINE_MAX + 1];
	struct rule_error err;
	struct rule back;
	int len = rule_format(rule, text, sizeof(text));

	REQUIRE(len == (int)strlen(text) && len <= RULE_LINE_MAX);
	REQUIRE(policy_name(rule->policy) && !rule->force);
	rule_start(&cur, text, (size_t)len, true);
	REQUIRE(rule_next(&cur, &back, &err) == 1);
	REQUIRE(back.policy == rule->policy);
}

/* What stands where the word was read, in the line that it is said to be in. */
static void check_truthful(const struct rule_cursor *cur, const char *text)
{
	REQUIRE(cur->pos - text >= 8);
	REQUIRE(memmem(cur->line_start, (size_t)(cur->pos - cur->line_start),
		       "truthful", 8));
}

struct counts {
	unsigned int rules, truthful, errors;
};

static void read_all(const char *text, size_t len, struct counts *counts)
{
	static struct rule_cursor cur;
	struct rule_error err;
	struct rule rule;
	size_t calls = 0;
	int ret;

	memset(counts, 0, sizeof(*counts));
	hint_start(&cur, text, len);
	while ((ret = rule_next(&cur, &rule, &err))) {
		REQUIRE(++calls <= len);
		REQUIRE(cur.pos >= text && cur.pos <= cur.end);
		if (ret < 0) {
			counts->errors++;
			check_error(&err, text, len);
		} else if (ret == RULE_TRUTHFUL) {
			counts->truthful++;
			check_truthful(&cur, text);
		} else {
			REQUIRE(ret == 1);
			counts->rules++;
			check_rule(&rule);
		}
	}
	REQUIRE(cur.pos == cur.end);
}

static void check_summary(const char *text, size_t len,
			  const struct counts *counts)
{
	static struct rule_cursor cur;
	struct hint_summary summary;
	struct rule_error err;

	if (hint_check(&cur, text, len, &summary, &err)) {
		REQUIRE(counts->errors);
		check_error(&err, text, len);
		return;
	}
	REQUIRE(!counts->errors);
	REQUIRE(summary.rules == counts->rules);
	REQUIRE(summary.truthful == (counts->truthful > 0));
}

/* To rule_next(), a line with the word in it is one with an error. */
static void check_against_rules(const char *text, size_t len,
				const struct counts *counts)
{
	static struct rule_cursor cur;
	unsigned int rules = 0, errors = 0;
	struct rule_error err;
	struct rule rule;
	int ret;

	rule_start(&cur, text, len, true);
	while ((ret = rule_next(&cur, &rule, &err)))
		*(ret > 0 ? &rules : &errors) += 1;
	if (!counts->truthful)
		REQUIRE(rules == counts->rules && errors == counts->errors);
	else
		REQUIRE(rules <= counts->rules && errors > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct counts counts;

	if (hint_is_ours(text, size)) {
		REQUIRE(size >= HINT_PREFIX_LEN && text[8] == ':');
		text += HINT_PREFIX_LEN;
		size -= HINT_PREFIX_LEN;
	}
	read_all(text, size, &counts);
	check_summary(text, size, &counts);
	check_against_rules(text, size, &counts);
	return 0;
}
