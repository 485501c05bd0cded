// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target for rule.c: any bytes, read as a rules text. What must hold:
 *
 * - it ends, and an error's place is in the text;
 * - a rule's text is a rule, the same one, and has the same text;
 * - without the right to force, the rules are those that have no force;
 * - the matcher says what the definition says (../unit/oracle.h), on devices
 *   made from the rule itself, so that some do match.
 */
#include "../unit/oracle.h"
#include "names.h"
#include "require.h"

/* The oracle is exponential in the stars. */
#define ORACLE_STARS	4
#define ORACLE_LEN	24

static bool small(const char *glob)
{
	unsigned int stars = 0;
	size_t len;

	for (len = 0; glob && glob[len]; len++)
		stars += glob[len] == '*';
	return len <= ORACLE_LEN && stars <= ORACLE_STARS;
}

/* A string that has a chance to match @glob; @variant makes others. */
static void derive(const char *glob, uint8_t variant, char *string, size_t size)
{
	size_t len = 0;

	for (; glob && *glob && len + 3 < size; glob++) {
		switch (*glob) {
		case '*':
			if (variant & 1)
				string[len++] = 'a';
			if (variant & 2)
				string[len++] = *(glob + 1) ? glob[1] : '-';
			break;
		case '?':
			string[len++] = (variant & 4) ? '\xfe' : 'q';
			break;
		case '\\':
			if (glob[1])
				string[len++] = *++glob;
			break;
		case '[':
			string[len++] = glob[1] == '!' ? glob[2] + 1 : glob[1];
			glob = naive_set_end(glob);
			break;
		default:
			string[len++] = *glob;
		}
	}
	if ((variant & 8) && len)
		len--;
	if (variant & 16)
		string[len++] = 'x';
	string[len] = '\0';
}

static void check_matcher(const struct rule *rule, uint8_t variant)
{
	char bus[RULE_LINE_MAX + 2], name[RULE_LINE_MAX + 2];
	char modalias[RULE_LINE_MAX + 2];
	struct rule_subject subject = {
		.bus = bus,
		.name = name,
		.modalias = (variant & 32) ? NULL : modalias,
		.external = variant % 3,
		.virtio = variant / 3 % 3,
	};
	bool match;

	derive(rule->bus, variant, bus, sizeof(bus));
	derive(rule->name, variant, name, sizeof(name));
	derive(rule->modalias, variant, modalias, sizeof(modalias));
	match = rule_matches(rule, &subject);
	if (small(rule->bus) && small(rule->name) && small(rule->modalias))
		REQUIRE(match == naive_matches(rule, &subject));
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static void check_literal(const char *glob)
{
	char quoted[2 * RULE_LINE_MAX + 1];

	if (!glob)
		return;
	REQUIRE(*glob && naive_well_formed(glob));
	if (rule_glob_is_literal(glob))
		REQUIRE(rule_glob(glob, glob));
	REQUIRE(rule_quote(glob, quoted, sizeof(quoted)) ==
		(int)strlen(quoted));
	REQUIRE(naive_well_formed(quoted) && rule_glob(quoted, glob));
}

static void check_rule(const struct rule *rule, uint8_t variant)
{
	static struct rule_cursor cur;
	char text[RULE_LINE_MAX + 1], again[RULE_LINE_MAX + 1];
	struct rule_error err;
	struct rule back, none;
	int len = rule_format(rule, text, sizeof(text));

	/* What was read from one line fits in one. */
	REQUIRE(len == (int)strlen(text) && len <= RULE_LINE_MAX);
	REQUIRE(policy_name(rule->policy));
	rule_start(&cur, text, (size_t)len, false);
	REQUIRE(rule_next(&cur, &back, &err) == 1);
	REQUIRE(back.policy == rule->policy && back.external == rule->external &&
		back.virtio == rule->virtio && back.force == rule->force);
	REQUIRE(same(back.bus, rule->bus) && same(back.name, rule->name) &&
		same(back.modalias, rule->modalias));
	rule_format(&back, again, sizeof(again));
	REQUIRE(!strcmp(text, again));
	REQUIRE(rule_next(&cur, &none, &err) == 0);

	check_literal(rule->bus);
	check_literal(rule->name);
	check_literal(rule->modalias);
	check_matcher(rule, variant);
	check_matcher(rule, 0);
	check_matcher(rule, 3);
}

/* Returns the number of errors. */
static unsigned int read_all(const char *text, size_t len, bool no_force)
{
	static struct rule_cursor cur;
	unsigned int line = 0, errors = 0;
	struct rule_error err;
	struct rule rule;
	size_t calls = 0;
	int ret;

	rule_start(&cur, text, len, no_force);
	while ((ret = rule_next(&cur, &rule, &err))) {
		REQUIRE(++calls <= len);
		REQUIRE(cur.pos >= text && cur.pos <= cur.end);
		if (ret < 0) {
			REQUIRE(err.line >= line);
			line = err.line;
			errors++;
			check_error(&err, text, len);
			continue;
		}
		REQUIRE(ret == 1 && cur.rule_line >= line);
		line = cur.rule_line;
		REQUIRE(!no_force || !rule.force);
		check_rule(&rule, (uint8_t)(len + calls * 7));
	}
	REQUIRE(cur.pos == cur.end);
	return errors;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int errors = read_all((const char *)data, size, false);

	REQUIRE(errors <= read_all((const char *)data, size, true));
	return 0;
}
