// SPDX-License-Identifier: GPL-2.0
/* rule_format() and rule_quote(): text that the parser takes back. */
#include "oracle.h"
#include "tap.h"
#include "transcript.h"

static const struct {
	const char *expected;
	struct rule rule;
} cases[] = {
	{ "auto", { .policy = IOMMU_PT_POLICY_AUTO } },
	{ "passthrough bus=pci",
	  { .policy = IOMMU_PT_POLICY_PASSTHROUGH, .bus = "pci" } },
	{ "translated name=0000:00:03.0",
	  { .policy = IOMMU_PT_POLICY_TRANSLATED, .name = "0000:00:03.0" } },
	{ "strict modalias=of:N*T*Carm,pl330*",
	  { .policy = IOMMU_PT_POLICY_STRICT, .modalias = "of:N*T*Carm,pl330*" } },
	{ "lazy external=yes virtio=no",
	  { .policy = IOMMU_PT_POLICY_LAZY, .external = RULE_YES,
	    .virtio = RULE_NO } },
	{ "lazy external=no virtio=yes",
	  { .policy = IOMMU_PT_POLICY_LAZY, .external = RULE_NO,
	    .virtio = RULE_YES } },
	{ "passthrough bus=b name=n modalias=m external=yes virtio=yes force=yes",
	  { .policy = IOMMU_PT_POLICY_PASSTHROUGH, .bus = "b", .name = "n",
	    .modalias = "m", .external = RULE_YES, .virtio = RULE_YES,
	    .force = true } },
};

/* Into a buffer of each size: what fits, a NUL, and the whole length. */
static bool truncates(const struct rule *rule, const char *whole)
{
	size_t len = strlen(whole), size;
	bool fine = rule_format(rule, NULL, 0) == (int)len;

	for (size = 1; size <= len + 3 && fine; size++) {
		size_t fits = size - 1 < len ? size - 1 : len;
		char *buf = malloc(size);

		memset(buf, 0x5a, size);
		fine = rule_format(rule, buf, size) == (int)len &&
		       strlen(buf) == fits && !memcmp(buf, whole, fits);
		free(buf);
	}
	return fine;
}

static void test_format(void)
{
	char buf[RULE_LINE_MAX];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rule_format(&cases[i].rule, buf, sizeof(buf));
		if (!ok(!strcmp(buf, cases[i].expected), "\"%s\"",
			cases[i].expected))
			note(buf);
		ok(truncates(&cases[i].rule, cases[i].expected),
		   "... cut to every size");
	}
}

static const char *random_glob(char *buf, unsigned int max)
{
	static const char alphabet[] = "ab*?[]!-\\#=";
	unsigned int len, i;

	do {
		len = 1 + random_below(max);
		for (i = 0; i < len; i++)
			buf[i] = alphabet[random_below(sizeof(alphabet) - 1)];
		buf[len] = '\0';
	} while (!naive_well_formed(buf));
	return buf;
}

static bool same_string(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_rule(const struct rule *a, const struct rule *b)
{
	return a->policy == b->policy && a->external == b->external &&
	       a->virtio == b->virtio && a->force == b->force &&
	       same_string(a->bus, b->bus) && same_string(a->name, b->name) &&
	       same_string(a->modalias, b->modalias);
}

/* The one rule of @text, all of it; its strings live to the next call. */
static bool parse_one(const char *text, struct rule *rule)
{
	static struct rule_cursor cur;
	struct rule_error err;
	struct rule none;

	rule_start(&cur, text, strlen(text), false);
	return rule_next(&cur, rule, &err) == 1 && *cur.pos == '\0' &&
	       rule_next(&cur, &none, &err) == 0;
}

static void test_round_trip(void)
{
	char bus[20], name[20], modalias[20], text[RULE_LINE_MAX], again[RULE_LINE_MAX];
	unsigned int i, rounds = 50000;
	struct rule rule, back;
	bool fine = true;

	for (i = 0; i < rounds && fine; i++) {
		rule = (struct rule) {
			.policy = random_below(__IOMMU_PT_POLICY_END),
			.external = random_below(3),
			.virtio = random_below(3),
			.force = random_below(2),
			.bus = random_below(2) ? random_glob(bus, 10) : NULL,
			.name = random_below(2) ? random_glob(name, 10) : NULL,
			.modalias = random_below(2) ?
				random_glob(modalias, 10) : NULL,
		};
		rule_format(&rule, text, sizeof(text));
		fine = parse_one(text, &back) && same_rule(&rule, &back);
		if (fine) {
			rule_format(&back, again, sizeof(again));
			fine = !strcmp(text, again);
		}
		if (!fine)
			note(text);
	}
	ok(fine, "%u rules come back as they were from their text", rounds);
}

static const struct {
	const char *string;
	const char *expected;
} quotes[] = {
	{ "", "" },
	{ "0000:00:03.0", "0000:00:03.0" },
	{ "a*b?c[d]e\\f", "a\\*b\\?c\\[d\\]e\\\\f" },
	{ "a b\tc;d\ne", "a?b?c?d?e" },
	{ "\x01\x1f\x7f\x80\xff", "?????" },
	{ "#!=-~", "#!=-~" },
};

static void test_quote(void)
{
	char buf[64];
	size_t i, size;

	for (i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
		int len = rule_quote(quotes[i].string, buf, sizeof(buf));

		if (!ok(!strcmp(buf, quotes[i].expected) &&
			len == (int)strlen(buf), "quoted: %s",
			quotes[i].expected))
			note(buf);
	}

	for (size = 1; size < 12; size++) {
		char *exact = malloc(size);

		memset(exact, 0x5a, size);
		if (rule_quote("a*b*c*", exact, size) != 9 ||
		    strlen(exact) != (size < 10 ? size - 1 : 9) ||
		    strncmp(exact, "a\\*b\\*c\\*", size - 1))
			break;
		free(exact);
	}
	ok(size == 12 && rule_quote("a*", NULL, 0) == 3,
	   "a quoted string cut to every size");
}

static void test_quote_generated(void)
{
	char string[17], other[17], glob[40], text[80];
	unsigned int i, j, rounds = 100000;
	struct rule_subject subject = { .bus = "b", .name = string };
	struct rule rule;
	bool fine = true, exact = true;

	for (i = 0; i < rounds && fine && exact; i++) {
		unsigned int len = 1 + random_below(16);
		bool plain = random_below(2);

		for (j = 0; j < len; j++) {
			string[j] = (char)(1 + random_below(255));
			if (plain)
				string[j] = "ab*?[]!-\\#=~"[random_below(12)];
		}
		string[len] = '\0';
		rule_quote(string, glob, sizeof(glob));
		snprintf(text, sizeof(text), "auto name=%s", glob);
		fine = parse_one(text, &rule) && rule.name &&
		       !strcmp(rule.name, glob) && rule_glob(glob, string) &&
		       rule_matches(&rule, &subject) && naive_glob(glob, string);

		/* And nothing else, where the language can say that. */
		memcpy(other, string, sizeof(other));
		other[random_below(len)] = "ab*?[]!-\\#=~"[random_below(12)];
		if (plain && strcmp(other, string))
			exact = !rule_glob(glob, other);
		if (!fine || !exact)
			note(text);
	}
	ok(fine, "%u quoted strings are values and match the strings", rounds);
	ok(exact, "... and no others");
}

int main(int argc, char **argv)
{
	tap_start(argc, argv);
	test_format();
	test_round_trip();
	test_quote();
	test_quote_generated();
	return tap_end();
}
