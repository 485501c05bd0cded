// SPDX-License-Identifier: GPL-2.0
/* rule_matches(), against a table and the definition. */
#include "oracle.h"
#include "tap.h"
#include "transcript.h"

static const struct rule_subject disk = {
	.bus = "pci",
	.name = "0000:00:03.0",
	.modalias = "pci:v00001B36d00000010sv00001AF4sd00001100bc01sc08i02",
	.external = RULE_NO,
	.virtio = RULE_NO,
};

static const struct rule_subject dock = {
	.bus = "pci",
	.name = "0000:3a:00.0",
	.modalias = "pci:v00008086d00001533sv00008086sd00000001bc02sc00i00",
	.external = RULE_YES,
	.virtio = RULE_NO,
};

/* A device of which little is known. */
static const struct rule_subject mystery = {
	.bus = "platform",
	.name = "feb00000.dma",
};

static const struct {
	const char *text;
	bool disk, dock, mystery;
} cases[] = {
	{ "lazy", true, true, true },
	{ "lazy bus=pci", true, true, false },
	{ "lazy bus=pc", false, false, false },
	{ "lazy bus=p*", true, true, true },
	{ "lazy name=0000:00:03.0", true, false, false },
	{ "lazy bus=pci name=0000:00:03.0", true, false, false },
	{ "lazy bus=platform name=0000:00:03.0", false, false, false },
	{ "lazy name=*.0", true, true, false },
	{ "lazy modalias=pci:v00008086*", false, true, false },
	{ "lazy modalias=*", true, true, false },
	{ "lazy external=yes", false, true, false },
	{ "lazy external=no", true, false, false },
	{ "lazy virtio=yes", false, false, false },
	{ "lazy virtio=no", true, true, false },
	{ "lazy external=yes modalias=pci:v00001B36*", false, false, false },
	{ "lazy external=no virtio=no bus=pci modalias=*bc01*", true, false, false },
	{ "lazy external=no virtio=yes bus=pci", false, false, false },
	{ "lazy force=yes", true, true, true },
	{ "lazy force=no", true, true, true },
};

static void test_cases(void)
{
	static struct rule_cursor cur;
	struct rule_error err;
	struct rule rule;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rule_start(&cur, cases[i].text, strlen(cases[i].text), false);
		ok(rule_next(&cur, &rule, &err) == 1 &&
		   rule_matches(&rule, &disk) == cases[i].disk &&
		   rule_matches(&rule, &dock) == cases[i].dock &&
		   rule_matches(&rule, &mystery) == cases[i].mystery,
		   "\"%s\"", cases[i].text);
	}
}

static const char *random_text(char *buf, unsigned int max, const char *alphabet)
{
	unsigned int len = random_below(max + 1), i;

	for (i = 0; i < len; i++)
		buf[i] = alphabet[random_below((unsigned int)strlen(alphabet))];
	buf[len] = '\0';
	return buf;
}

/* Often none, and rich in stars: rules of three globs match too seldom else. */
static const char *random_glob(char *buf)
{
	if (random_below(2))
		return NULL;
	do {
		random_text(buf, 5, "ab**?[]!");
	} while (!naive_well_formed(buf));
	return buf;
}

static void test_oracle(void)
{
	char globs[3][8], strings[3][8], text[80];
	unsigned int i, matches = 0, rounds = 300000;
	struct rule_subject subject;
	struct rule rule;
	bool expected, fine = true;

	for (i = 0; i < rounds && fine; i++) {
		rule = (struct rule) {
			.policy = random_below(__IOMMU_PT_POLICY_END),
			.external = random_below(3),
			.virtio = random_below(3),
			.force = random_below(2),
			.bus = random_glob(globs[0]),
			.name = random_glob(globs[1]),
			.modalias = random_glob(globs[2]),
		};
		subject = (struct rule_subject) {
			.external = random_below(3),
			.virtio = random_below(3),
			.bus = random_text(strings[0], 4, "ab"),
			.name = random_text(strings[1], 4, "ab"),
			.modalias = random_below(4) ?
				random_text(strings[2], 4, "ab]") : NULL,
		};
		expected = naive_matches(&rule, &subject);
		matches += expected;
		fine = rule_matches(&rule, &subject) == expected;
		if (!fine) {
			rule_format(&rule, text, sizeof(text));
			note(text);
			snprintf(text, sizeof(text),
				 "bus \"%s\", name \"%s\", modalias \"%s\", external %d, virtio %d",
				 subject.bus, subject.name,
				 subject.modalias ? subject.modalias : "(none)",
				 subject.external, subject.virtio);
			note(text);
		}
	}
	ok(fine, "%u generated rules match what the definition says", rounds);
	ok(matches > rounds / 50, "enough of them match (%u)", matches);
}

int main(int argc, char **argv)
{
	tap_start(argc, argv);
	test_cases();
	test_oracle();
	return tap_end();
}
