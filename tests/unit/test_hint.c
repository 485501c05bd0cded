// SPDX-License-Identifier: GPL-2.0
/* hint.c: what a hypervisor or a firmware may say, and what it may not. */
#include "tap.h"
#include "transcript.h"

#define WORDS \
	"unknown word; there are passthrough, translated, strict, lazy and auto, and truthful\n"
#define FORCE	"force is for an administrator's rules only\n"

#define TEXT(literal)	literal, sizeof(literal) - 1

static const struct {
	const char *name;
	const char *text;
	size_t len;
	const char *expected;
} cases[] = {
	{ "no text", TEXT(""), "" },
	{ "truthful", TEXT("truthful"), "1 truthful\n" },
	{ "truthful and a newline", TEXT("truthful\n"), "1 truthful\n" },
	{ "truthful in blanks", TEXT(" \ttruthful \t\n"), "1 truthful\n" },
	{ "truthful and a comment", TEXT("truthful # we vouch\n"), "1 truthful\n" },
	{ "truthful in a comment", TEXT("# truthful\n"), "" },
	{ "truthful behind a rule", TEXT("lazy bus=b; truthful"),
	  "1 lazy bus=b\n1 truthful\n" },
	{ "truthful before a rule", TEXT("truthful;lazy bus=b"),
	  "1 truthful\n1 lazy bus=b\n" },
	{ "truthful between lines", TEXT("auto\ntruthful\nstrict"),
	  "1 auto\n2 truthful\n3 strict\n" },
	{ "truthful twice", TEXT("truthful;truthful\ntruthful"),
	  "1 truthful\n1 truthful\n2 truthful\n" },
	{ "truthful as a value", TEXT("auto name=truthful"),
	  "1 auto name=truthful\n" },
	{ "truthful with a selector", TEXT("truthful bus=pci\nauto"),
	  "1:10 truthful stands alone\n2 auto\n" },
	{ "truthful with a policy", TEXT("truthful strict"),
	  "1:10 truthful stands alone\n" },
	{ "truthful behind a policy", TEXT("strict truthful"),
	  "1:8 expected key=value\n" },
	{ "truthful with a value", TEXT("truthful=yes"), "1:1 " WORDS },
	{ "truthful with an empty value", TEXT("truthful="), "1:1 " WORDS },
	{ "truthful in capitals", TEXT("Truthful"), "1:1 " WORDS },
	{ "beginning of truthful", TEXT("truth"), "1:1 " WORDS },
	{ "truthful with more behind it", TEXT("truthfully"), "1:1 " WORDS },
	{ "truthful and a control character", TEXT("truthful\x07"),
	  "1:9 control character\n" },
	{ "every rule", TEXT("lazy bus=b name=n modalias=m external=no virtio=no"),
	  "1 lazy bus=b name=n modalias=m external=no virtio=no\n" },
	{ "force", TEXT("passthrough force=yes"), "1:13 " FORCE },
	{ "no force", TEXT("passthrough force=no"), "1:13 " FORCE },
	{ "a prefix", TEXT("iommu-pt:strict"), "1:1 " WORDS },
};

static void check(const char *what, const char *got, const char *expected)
{
	if (ok(!strcmp(got, expected), "%s", what))
		return;
	note("expected:");
	note(expected);
	note("got:");
	note(got);
}

static void test_cases(void)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *got = transcript_as(AS_HINT, cases[i].text, cases[i].len);

		check(cases[i].name, got, cases[i].expected);
		free(got);
	}
}

static void test_rules_know_no_truthful(void)
{
	char *got = transcript("truthful", 8, true);

	check("truthful is no rule", got,
	      "1:1 unknown policy; there are passthrough, translated, strict, lazy and auto\n");
	free(got);
}

static void check_summary(const char *text, int ret, unsigned int rules,
			  bool truthful)
{
	struct hint_summary summary;
	struct rule_error err;
	struct rule_cursor cur;
	int got = hint_check(&cur, text, strlen(text), &summary, &err);

	ok(got == ret && (ret || (summary.rules == rules &&
				  summary.truthful == truthful)),
	   "hint_check(%s)", text);
}

static void test_summaries(void)
{
	check_summary("", 0, 0, false);
	check_summary("# truthful", 0, 0, false);
	check_summary("truthful", 0, 0, true);
	check_summary("strict; truthful; lazy bus=b", 0, 2, true);
	check_summary("strict; lazy", 0, 2, false);
	check_summary("strict; truthful; force", -1, 0, false);
}

static void check_ours(const char *string, size_t len, bool ours)
{
	char *block;
	const char *copy = exact_copy(string, len, &block);

	ok(hint_is_ours(copy, len) == ours, "%.*s is %sours", (int)len, string,
	   ours ? "" : "not ");
	free(block);
}

static void test_prefix(void)
{
	check_ours(TEXT("iommu-pt:"), true);
	check_ours(TEXT("iommu-pt:strict"), true);
	check_ours(TEXT("iommu-pt: strict"), true);
	check_ours(TEXT("iommu-pt"), false);
	check_ours(TEXT("iommu-pt/2:strict"), false);
	check_ours(TEXT("IOMMU-PT:strict"), false);
	check_ours(TEXT(" iommu-pt:strict"), false);
	check_ours(TEXT("x"), false);
	check_ours(TEXT(""), false);
}

/* Where there is no "truthful", a hint is a text without force. */
static void test_same_as_rules(void)
{
	static const char alphabet[] = "\n;# =*[]\\\x80yesnobumaclitrvf";
	static const char *const words[] = {
		"strict", "lazy bus=", "auto name=", " external=yes", "force=no",
	};
	unsigned int i, rounds = 20000;
	bool same = true;

	for (i = 0; i < rounds && same; i++) {
		char text[256], *a, *b;
		size_t len = 0, j;

		for (j = random_below(12); j; j--) {
			const char *word = words[random_below(5)];

			if (random_below(2)) {
				memcpy(text + len, word, strlen(word));
				len += strlen(word);
			}
			text[len++] = alphabet[random_below(sizeof(alphabet))];
		}
		a = transcript_as(AS_HINT, text, len);
		b = transcript(text, len, true);
		same = strstr(a, "and truthful") || !strcmp(a, b);
		free(a);
		free(b);
	}
	ok(same, "%u texts: hints are rules without force", rounds);
}

int main(int argc, char **argv)
{
	tap_start(argc, argv);
	test_cases();
	test_rules_know_no_truthful();
	test_summaries();
	test_prefix();
	test_same_as_rules();
	return tap_end();
}
