// SPDX-License-Identifier: GPL-2.0
/* rule_glob(), against a table, the definition and the C library. */
#include <fnmatch.h>
#include <time.h>
#include "oracle.h"
#include "tap.h"
#include "transcript.h"

static const struct {
	const char *glob;
	const char *string;
	bool match;
} cases[] = {
	{ "", "", true },
	{ "", "a", false },
	{ "a", "", false },
	{ "a", "a", true },
	{ "a", "A", false },
	{ "a", "ab", false },
	{ "ab", "a", false },
	{ "*", "", true },
	{ "*", "abc", true },
	{ "**", "", true },
	{ "?", "", false },
	{ "?", "a", true },
	{ "?", "ab", false },
	{ "?", "\xff", true },
	{ "a*", "a", true },
	{ "a*", "ba", false },
	{ "*a", "aba", true },
	{ "*a", "ab", false },
	{ "*ab", "aab", true },
	{ "*ab*", "xxabyy", true },
	{ "a*b*c", "aXbXbXc", true },
	{ "a*b*c", "aXbXbX", false },
	{ "*a*b", "ab", true },
	{ "*aab", "aaab", true },
	{ "*a?c*d", "abcacxd", true },
	{ "*abcabd", "abcabcabd", true },
	{ "*?", "", false },
	{ "*?", "a", true },
	{ "?*?", "a", false },
	{ "?*?", "ab", true },
	{ "\\*", "*", true },
	{ "\\*", "a", false },
	{ "\\?", "a", false },
	{ "\\[a]", "[a]", true },
	{ "\\\\", "\\", true },
	{ "\\\\*", "\\abc", true },
	{ "\\a", "a", true },
	{ "\\a", "\\a", false },
	{ "*\\*", "a*", true },
	{ "*\\*", "aa", false },
	{ "[abc]", "b", true },
	{ "[abc]", "d", false },
	{ "[abc]", "", false },
	{ "[a-c]", "a", true },
	{ "[a-c]", "b", true },
	{ "[a-c]", "c", true },
	{ "[a-c]", "d", false },
	{ "[a-c]", "`", false },
	{ "[a-c]", "-", false },
	{ "[c-a]", "b", false },
	{ "[!a-c]", "b", false },
	{ "[!a-c]", "d", true },
	{ "[!a-c]", "", false },
	{ "[a!]", "!", true },
	{ "[]]", "]", true },
	{ "[]a]", "a", true },
	{ "[!]]", "]", false },
	{ "[!]]", "a", true },
	{ "[]-a]", "^", true },
	{ "[a-]", "-", true },
	{ "[a-]", "a", true },
	{ "[a-]", "b", false },
	{ "[-a]", "-", true },
	{ "[--a]", "A", true },
	{ "[a-b-d]", "-", true },
	{ "[a-b-d]", "c", false },
	{ "[a-b-d]", "d", true },
	{ "[[]", "[", true },
	{ "[*]", "*", true },
	{ "[*]", "a", false },
	{ "[?]", "a", false },
	{ "[\\]", "\\", true },
	{ "[\\]]", "\\]", true },
	{ "[\\]]", "]", false },
	{ "[!!]", "!", false },
	{ "[!!]", "a", true },
	{ "[ -~]", "\x80", false },
	{ "[!a]", "\x80", true },
	{ "a]", "a]", true },
	{ "*[0-9]", "eth10", true },
	{ "*[0-9]x", "eth10x", true },
	{ "*[!0-9]", "eth10", false },
	{ "[a][b][c]", "abc", true },
	{ "[a]*[c]", "abbc", true },
	{ "0000:0[0-3]:??.[0-7]", "0000:02:1f.3", true },
	{ "0000:0[0-3]:??.[0-7]", "0000:04:1f.3", false },
	{ "pci:v00001A03d*", "pci:v00001A03d00002000sv*", true },
	{ "pci:v00001A03d*", "pci:v00001a03d00002000", false },
	{ "of:N*T*Carm,pl330*", "of:NdmaTCarm,pl330Carm,primecell", true },
	{ "pci:v*bc03sc*i*", "pci:v00001A03d00002000sv00001A03sd00002000bc03sc00i00", true },
	{ "pci:v*bc02sc*i*", "pci:v00001A03d00002000sv00001A03sd00002000bc03sc00i00", false },
};

/* Glob and string each in a block of their own, so that ASan sees overreads. */
static bool glob_exact(const char *glob, const char *string)
{
	char *g = strdup(glob), *s = strdup(string);
	bool match = rule_glob(g, s);

	free(g);
	free(s);
	return match;
}

static void test_cases(void)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ok(glob_exact(cases[i].glob, cases[i].string) == cases[i].match,
		   "\"%s\" %s case %zu", cases[i].glob,
		   cases[i].match ? "matches" : "does not match", i);
		if (naive_glob(cases[i].glob, cases[i].string) != cases[i].match)
			ok(false, "the oracle agrees on case %zu", i);
	}
}

static void random_string(char *buf, unsigned int max, const char *alphabet)
{
	unsigned int len = random_below(max + 1), count = (unsigned int)strlen(alphabet);
	unsigned int i;

	for (i = 0; i < len; i++)
		buf[i] = alphabet[random_below(count)];
	buf[len] = '\0';
}

static void random_glob(char *buf, unsigned int max, const char *alphabet)
{
	do {
		random_string(buf, max, alphabet);
	} while (!naive_well_formed(buf));
}

static void test_oracle(const char *what, const char *glob_alphabet,
			const char *alphabet, unsigned int rounds)
{
	char glob[13], string[11];
	unsigned int i, matches = 0;
	bool expected, fine = true;

	for (i = 0; i < rounds && fine; i++) {
		random_glob(glob, sizeof(glob) - 1, glob_alphabet);
		random_string(string, sizeof(string) - 1, alphabet);
		expected = naive_glob(glob, string);
		matches += expected;
		fine = glob_exact(glob, string) == expected;
		if (!fine) {
			note(glob);
			note(string);
		}
	}
	ok(fine, "%s: %u globs match what the definition says", what, rounds);
	/* A comparison of nothing but misses would show little. */
	ok(matches > rounds / 50, "%s: enough of them match (%u)", what, matches);
}

/* Every glob and every string of up to four characters. */
static void test_all_short(void)
{
	static const char glob_alphabet[] = "ab*?[]!-\\", alphabet[] = "ab]-";
	const unsigned int g = sizeof(glob_alphabet), s = sizeof(alphabet);
	unsigned int i, j, k, n, count = 0;
	char glob[6] = "", string[5] = "";
	bool fine = true;

	for (i = 0; i < g * g * g * g && fine; i++) {
		/* A digit of value 0 ends it, so short ones come often. */
		for (k = 0, n = i; k < 4; k++, n /= g)
			glob[k] = n % g ? glob_alphabet[n % g - 1] : '\0';
		if (!naive_well_formed(glob))
			continue;
		for (j = 0; j < s * s * s && fine; j++) {
			for (k = 0, n = j; k < 3; k++, n /= s)
				string[k] = n % s ? alphabet[n % s - 1] : '\0';
			fine = rule_glob(glob, string) == naive_glob(glob, string);
			count++;
		}
		if (!fine) {
			note(glob);
			note(string);
		}
	}
	ok(fine && count > 500000, "all short globs on all short strings (%u)",
	   count);
}

/*
 * fnmatch(3) knows more inside a set: backslashes, [:classes:], [^...]. The
 * alphabets leave those out.
 */
static void test_fnmatch(void)
{
	static const char *const alphabets[] = { "aabc**?[]!-", "ab*?\\\\" };
	char glob[13], string[11];
	unsigned int i, rounds = 300000, compared = 0;
	bool fine = true;

	for (i = 0; i < rounds && fine; i++) {
		random_glob(glob, sizeof(glob) - 1, alphabets[i % 2]);
		random_string(string, sizeof(string) - 1,
			      i % 4 < 2 ? "ab" : "abc]-!*?\\");
		if (strstr(glob, "[[") || strchr(glob, '[') != strrchr(glob, '['))
			continue;
		compared++;
		fine = rule_glob(glob, string) == !fnmatch(glob, string, 0);
		if (!fine) {
			note(glob);
			note(string);
		}
	}
	ok(fine && compared > rounds / 2, "agrees with fnmatch(3) on %u globs",
	   compared);
}

/* The parser takes just those globs that are well-formed. */
static void test_well_formed(void)
{
	char glob[12], text[40], *got;
	unsigned int i, rounds = 100000;
	bool fine = true;

	for (i = 0; i < rounds && fine; i++) {
		random_string(glob, sizeof(glob) - 1, "a[]!-\\*");
		if (!*glob)
			continue;
		snprintf(text, sizeof(text), "auto name=%s", glob);
		got = transcript(text, strlen(text), false);
		fine = (got[1] == ' ') == naive_well_formed(glob);
		free(got);
		if (!fine)
			note(glob);
	}
	ok(fine, "the parser takes well-formed globs and no others (%u)", rounds);
}

static void test_literal(void)
{
	char glob[10], string[10];
	unsigned int i, rounds = 100000;
	bool fine = true, literal;

	ok(rule_glob_is_literal("0000:00:03.0") && rule_glob_is_literal("a]-!b") &&
	   rule_glob_is_literal(""), "literal globs are known as such");
	ok(!rule_glob_is_literal("a*") && !rule_glob_is_literal("a?b") &&
	   !rule_glob_is_literal("[a]") && !rule_glob_is_literal("\\a"),
	   "others as others");
	for (i = 0; i < rounds && fine; i++) {
		random_glob(glob, sizeof(glob) - 1, "ab]-![*?\\");
		random_string(string, sizeof(string) - 1, "ab]-!");
		literal = rule_glob_is_literal(glob);
		fine = !literal || (rule_glob(glob, glob) &&
				    rule_glob(glob, string) == !strcmp(glob, string));
	}
	ok(fine, "a literal glob matches itself and nothing else (%u)", rounds);
}

static void test_beginning(void)
{
	char glob[10], string[10];
	unsigned int i, matches = 0, rounds = 100000;
	bool fine = true;

	ok(rule_glob_beginning("pci:v0000*") == 9 &&
	   rule_glob_beginning("ab") == 2 && rule_glob_beginning("") == 0 &&
	   rule_glob_beginning("?a") == 0 && rule_glob_beginning("a\\b") == 1 &&
	   rule_glob_beginning("ab[a]") == 2, "how globs begin");
	for (i = 0; i < rounds && fine; i++) {
		random_glob(glob, sizeof(glob) - 1, "ab]-![*?\\");
		random_string(string, sizeof(string) - 1, "ab]-!");
		if (!rule_glob(glob, string))
			continue;
		matches++;
		fine = !strncmp(glob, string, rule_glob_beginning(glob));
	}
	ok(fine && matches, "what a glob matches begins as it does (%u of %u)",
	   matches, rounds);
}

static double seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

/* @head, @unit again and again, and "b", on a string of 100,000 times 'a'. */
static void test_worst_case(const char *head, const char *unit,
			    unsigned int times)
{
	size_t len = 100000, unit_len = strlen(unit), head_len = strlen(head);
	char *glob = calloc(1, head_len + unit_len * times + 2);
	char *string = calloc(1, len + 1);
	unsigned int i;
	double start;
	bool match;

	memcpy(glob, head, head_len);
	for (i = 0; i < times; i++)
		memcpy(glob + head_len + i * unit_len, unit, unit_len);
	glob[head_len + times * unit_len] = 'b';
	memset(string, 'a', len);
	start = seconds();
	match = rule_glob(glob, string);
	ok(!match && seconds() - start < 10,
	   "\"%s\", \"%s\" %u times and \"b\" on %zu bytes: %.2f s", head, unit,
	   times, len, seconds() - start);
	free(glob);
	free(string);
}

int main(int argc, char **argv)
{
	tap_start(argc, argv);
	test_cases();
	test_all_short();
	test_oracle("stars", "ab***?", "ab", 300000);
	test_oracle("sets", "aab*?[[]]!-", "ab]-!", 300000);
	test_oracle("backslashes", "ab*?[]!-\\\\", "ab*?\\]", 300000);
	test_fnmatch();
	test_well_formed();
	test_literal();
	test_beginning();
	test_worst_case("", "*a", 500);
	test_worst_case("", "*", 1000);
	test_worst_case("", "*?", 500);
	test_worst_case("", "*[a-z]", 150);
	test_worst_case("*", "a", 1000);
	test_worst_case("*", "[a-z]", 200);
	return tap_end();
}
