// SPDX-License-Identifier: GPL-2.0
/* rule_start() and rule_next(): what is read, and what is said of what is not. */
#include "tap.h"
#include "transcript.h"

#define POLICIES \
	"unknown policy; there are passthrough, translated, strict, lazy and auto\n"
#define KEYS \
	"unknown key; there are bus, name, modalias, external, virtio and force\n"

#define TEXT(literal)	literal, sizeof(literal) - 1

static const struct {
	const char *name;
	const char *text;
	size_t len;
	const char *expected;
	bool no_force;
} cases[] = {
	/* What there is to read. */
	{ "no text", TEXT(""), "" },
	{ "a newline", TEXT("\n"), "" },
	{ "blanks and newlines", TEXT("  \t\n\n \t"), "" },
	{ "each policy",
	  TEXT("auto\npassthrough\ntranslated\nstrict\nlazy\n"),
	  "1 auto\n2 passthrough\n3 translated\n4 strict\n5 lazy\n" },
	{ "no newline at the end", TEXT("lazy"), "1 lazy\n" },
	{ "no newline behind a value", TEXT("lazy bus=pci"), "1 lazy bus=pci\n" },
	{ "no newline behind a comment", TEXT("lazy # why"), "1 lazy\n" },
	{ "no newline behind a blank", TEXT("lazy "), "1 lazy\n" },
	{ "every selector, in canonical order",
	  TEXT("strict force=yes virtio=no external=yes modalias=m name=n bus=b"),
	  "1 strict bus=b name=n modalias=m external=yes virtio=no force=yes\n" },
	{ "the other yes and no",
	  TEXT("strict external=no virtio=yes force=no"),
	  "1 strict external=no virtio=yes\n" },
	{ "nothing of one rule is left in the next",
	  TEXT("lazy bus=b name=n modalias=m external=no virtio=no force=yes\nauto\n"),
	  "1 lazy bus=b name=n modalias=m external=no virtio=no force=yes\n2 auto\n" },
	{ "blanks of all kinds", TEXT("\t strict \t bus=b\t\tname=n \t\n"),
	  "1 strict bus=b name=n\n" },
	{ "the rules of the manual",
	  TEXT("# comment\n"
	       "passthrough bus=pci name=0000:00:03.0\n"
	       "passthrough modalias=pci:v00001A03*           # one vendor's\n"
	       "translated  external=yes\n"
	       "strict      modalias=of:N*T*Carm,pl330*\n"
	       "auto        bus=platform\n"),
	  "2 passthrough bus=pci name=0000:00:03.0\n"
	  "3 passthrough modalias=pci:v00001A03*\n"
	  "4 translated external=yes\n"
	  "5 strict modalias=of:N*T*Carm,pl330*\n"
	  "6 auto bus=platform\n" },
	{ "'=' in a value", TEXT("auto name=a=b=\n"), "1 auto name=a=b=\n" },

	/* Semicolons. */
	{ "semicolons alone", TEXT(";;; ;\n;"), "" },
	{ "semicolon and no blank", TEXT("strict;lazy bus=b;auto"),
	  "1 strict\n1 lazy bus=b\n1 auto\n" },
	{ "semicolon and blanks", TEXT("; strict ; lazy ;\n; auto ;"),
	  "1 strict\n1 lazy\n2 auto\n" },
	{ "rules before an error stand, the rest of its line does not",
	  TEXT("strict; foo; lazy\nauto"), "1 strict\n1:9 " POLICIES "2 auto\n" },
	{ "column of an error behind a semicolon",
	  TEXT("strict;lazy name=[a"), "1 strict\n1:18 '[' without ']'\n" },

	/* Comments. */
	{ "comments alone", TEXT("# one\n  # two\n#\n#"), "" },
	{ "comment behind a policy", TEXT("lazy # bus=b\nauto"), "1 lazy\n2 auto\n" },
	{ "comment behind a value", TEXT("lazy bus=b # name=n"), "1 lazy bus=b\n" },
	{ "comment behind a semicolon", TEXT("lazy;# auto\nstrict"),
	  "1 lazy\n2 strict\n" },
	{ "semicolon in a comment", TEXT("lazy # a; strict\nauto"),
	  "1 lazy\n2 auto\n" },
	{ "'#' in a value is no comment", TEXT("lazy name=a#b bus=#"),
	  "1 lazy bus=# name=a#b\n" },
	{ "'#' in a policy is no comment", TEXT("lazy#"), "1:1 " POLICIES },
	{ "UTF-8 in a comment",
	  TEXT("# Gr\xc3\xbc\xc3\x9f" "e \xe2\x82\xac\nlazy # \xf0\x9f\x90\xa7"),
	  "2 lazy\n" },
	{ "tab in a comment", TEXT("#\ta\tb"), "" },

	/* Policies. */
	{ "unknown policy", TEXT("pass"), "1:1 " POLICIES },
	{ "policy with more behind it", TEXT("autox"), "1:1 " POLICIES },
	{ "policy in capitals", TEXT("Strict"), "1:1 " POLICIES },
	{ "selector for a policy", TEXT("  bus=pci strict"), "1:3 " POLICIES },
	{ "policy with a value", TEXT("strict=yes"), "1:1 " POLICIES },
	{ "policy with an empty value", TEXT("strict="), "1:1 " POLICIES },
	{ "'=' for a policy", TEXT("=\n"), "1:1 " POLICIES },

	/* Keys and values. */
	{ "word without '='", TEXT("lazy bus"), "1:6 expected key=value\n" },
	{ "two policies", TEXT("lazy strict"), "1:6 expected key=value\n" },
	{ "unknown key", TEXT("lazy  vendor=1"), "1:7 " KEYS },
	{ "beginning of a key", TEXT("lazy nam=1"), "1:6 " KEYS },
	{ "key with more behind it", TEXT("lazy names=1"), "1:6 " KEYS },
	{ "key in capitals", TEXT("lazy Bus=pci"), "1:6 " KEYS },
	{ "empty key", TEXT("lazy =x"), "1:6 " KEYS },
	{ "empty value", TEXT("lazy bus="), "1:10 value is empty\n" },
	{ "empty value of an unknown key", TEXT("lazy x= bus=b"),
	  "1:8 value is empty\n" },
	{ "blank for a value", TEXT("lazy bus= pci"), "1:10 value is empty\n" },
	{ "blank before '='", TEXT("lazy bus =pci"), "1:6 expected key=value\n" },
	{ "bus twice", TEXT("lazy bus=a bus=a"), "1:12 key given twice\n" },
	{ "name twice", TEXT("lazy name=a name=b"), "1:13 key given twice\n" },
	{ "modalias twice", TEXT("lazy modalias=a modalias=b"),
	  "1:17 key given twice\n" },
	{ "external twice", TEXT("lazy external=no external=no"),
	  "1:18 key given twice\n" },
	{ "virtio twice", TEXT("lazy virtio=yes virtio=no"),
	  "1:17 key given twice\n" },
	{ "force twice", TEXT("lazy force=no force=yes"),
	  "1:15 key given twice\n" },
	{ "external neither yes nor no", TEXT("lazy external=1"),
	  "1:15 expected yes or no\n" },
	{ "virtio with more behind yes", TEXT("lazy virtio=yess"),
	  "1:13 expected yes or no\n" },
	{ "force in capitals", TEXT("lazy force=YES"),
	  "1:12 expected yes or no\n" },
	{ "beginning of yes", TEXT("lazy force=ye"), "1:12 expected yes or no\n" },
	{ "beginning of no", TEXT("lazy force=n"), "1:12 expected yes or no\n" },

	/* Force, where it may not be. */
	{ "force without right", TEXT("strict\nlazy bus=b force=yes\nauto"),
	  "1 strict\n2:12 force is for an administrator's rules only\n3 auto\n",
	  .no_force = true },
	{ "force=no without right", TEXT("lazy force=no"),
	  "1:6 force is for an administrator's rules only\n", .no_force = true },
	{ "all else without right",
	  TEXT("lazy bus=b name=n modalias=m external=no virtio=no"),
	  "1 lazy bus=b name=n modalias=m external=no virtio=no\n",
	  .no_force = true },

	/* Globs. */
	{ "sets", TEXT("auto name=[a][!a][a-z][]][!]][]-a][a-][!-]x"),
	  "1 auto name=[a][!a][a-z][]][!]][]-a][a-][!-]x\n" },
	{ "']' outside a set", TEXT("auto name=a]"), "1 auto name=a]\n" },
	{ "'[' at the end", TEXT("auto name=a["), "1:12 '[' without ']'\n" },
	{ "empty set", TEXT("auto name=a[]"), "1:12 '[' without ']'\n" },
	{ "empty negated set", TEXT("auto name=a[!]"), "1:12 '[' without ']'\n" },
	{ "only '!' in a set", TEXT("auto name=[!"), "1:11 '[' without ']'\n" },
	{ "set that ends in the next word", TEXT("auto name=[a bus=]"),
	  "1:11 '[' without ']'\n" },
	{ "set that ends in the next line", TEXT("auto name=[a\nauto name=]"),
	  "1:11 '[' without ']'\n2 auto name=]\n" },
	{ "set that ends in the next rule", TEXT("auto name=[a;auto name=]"),
	  "1:11 '[' without ']'\n" },
	{ "second set without end", TEXT("auto name=[a]b[c"),
	  "1:15 '[' without ']'\n" },
	{ "'[' in a set", TEXT("auto name=[[]x"), "1 auto name=[[]x\n" },
	{ "backslash before '['", TEXT("auto name=\\[a"), "1 auto name=\\[a\n" },
	{ "escaped backslash before '['", TEXT("auto name=\\\\[a"),
	  "1:13 '[' without ']'\n" },
	{ "escaped backslash before a set", TEXT("auto name=\\\\[a]"),
	  "1 auto name=\\\\[a]\n" },
	{ "backslash in a set", TEXT("auto name=[\\]x"), "1 auto name=[\\]x\n" },
	{ "backslash at the end", TEXT("auto name=a\\"),
	  "1:12 nothing behind the backslash\n" },
	{ "backslash before a blank", TEXT("auto name=a\\ bus=b"),
	  "1:12 nothing behind the backslash\n" },
	{ "backslash before a semicolon", TEXT("auto bus=a\\;auto"),
	  "1:11 nothing behind the backslash\n" },
	{ "two backslashes at the end", TEXT("auto modalias=a\\\\"),
	  "1 auto modalias=a\\\\\n" },
	{ "three backslashes at the end", TEXT("auto modalias=a\\\\\\"),
	  "1:18 nothing behind the backslash\n" },
	{ "the globs of every key are looked at",
	  TEXT("auto bus=[\nauto name=[\nauto modalias=["),
	  "1:10 '[' without ']'\n2:11 '[' without ']'\n3:15 '[' without ']'\n" },

	/* Bytes that have no place. */
	{ "NUL", TEXT("strict\nla\0zy\nauto"), "1 strict\n2:3 NUL byte\n3 auto\n" },
	{ "NUL behind all", TEXT("strict\0"), "1:7 NUL byte\n" },
	{ "NUL in a comment", TEXT("strict # \0"), "1:10 NUL byte\n" },
	{ "NUL alone", TEXT("\0"), "1:1 NUL byte\n" },
	{ "a bad byte spoils the rules before it in its line",
	  TEXT("strict;lazy\0\nauto"), "1:12 NUL byte\n2 auto\n" },
	{ "CRLF, every line", TEXT("strict\r\nlazy\r\n"),
	  "1:7 carriage return; lines end in LF only\n"
	  "2:5 carriage return; lines end in LF only\n" },
	{ "CR in a comment", TEXT("# a\r\n"),
	  "1:4 carriage return; lines end in LF only\n" },
	{ "CR at the very end", TEXT("auto\r"),
	  "1:5 carriage return; lines end in LF only\n" },
	{ "escape in a comment", TEXT("# \x1b[31m\n"), "1:3 control character\n" },
	{ "DEL in a comment", TEXT("# \x7f"), "1:3 control character\n" },
	{ "vertical tab and form feed are no blanks",
	  TEXT("auto\vbus=b\nauto\fbus=b"),
	  "1:5 control character\n2:5 control character\n" },
	{ "lowest and highest control character", TEXT("#\x01\n#\x1f"),
	  "1:2 control character\n2:2 control character\n" },
	{ "UTF-8 in a policy", TEXT("str\xc3\xad" "ct"), "1:4 character outside ASCII\n" },
	{ "UTF-8 in a value", TEXT("auto name=\xc3\xa9"),
	  "1:11 character outside ASCII\n" },
	{ "UTF-8 in a key", TEXT("auto n\xc3\xa9=x"), "1:7 character outside ASCII\n" },
	{ "byte order mark", TEXT("\xef\xbb\xbf" "auto\n"),
	  "1:1 character outside ASCII\n" },
	{ "highest byte in a value", TEXT("auto name=\xff"),
	  "1:11 character outside ASCII\n" },
	{ "all printable ASCII in a value",
	  TEXT("auto name=!\"#$%&'()*+,-./0123456789:<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	       "\\[]^_`abcdefghijklmnopqrstuvwxyz{|}~"),
	  "1 auto name=!\"#$%&'()*+,-./0123456789:<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	  "\\[]^_`abcdefghijklmnopqrstuvwxyz{|}~\n" },
};

static void check(const char *name, const char *text, size_t len, bool no_force,
		  const char *expected)
{
	char *got = transcript(text, len, no_force);

	if (!ok(!strcmp(got, expected), "%s", name)) {
		note("expected:");
		note(expected);
		note("got:");
		note(got);
	}
	free(got);
}

static void test_cases(void)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(cases[i].name, cases[i].text, cases[i].len,
		      cases[i].no_force, cases[i].expected);
}

/* A line of @len bytes, a rule with a long name; then "lazy", in line 2. */
static void check_line_of(unsigned int len, const char *fill, const char *name,
			  const char *expected)
{
	char text[4096], rule[4200], unended[4200];
	size_t head = strlen(fill);

	memset(text, 'x', sizeof(text));
	memcpy(text, fill, head);
	memcpy(text + len, "\nlazy", 5);
	if (!expected) {
		snprintf(rule, sizeof(rule), "1 %.*s\n2 lazy\n", (int)len, text);
		expected = rule;
	}
	check(name, text, len + 5, false, expected);

	/* The same without an end of line. */
	snprintf(unended, sizeof(unended), "%.*s",
		 (int)(strlen(expected) - strlen("2 lazy\n")), expected);
	check(name, text, len, false, unended);
}

static void test_line_limit(void)
{
	static const char too_long[] =
		"1:1025 line is longer than 1024 bytes\n2 lazy\n";
	static const char field[] = "auto modalias=";

	check_line_of(1023, field, "line of 1023 bytes", NULL);
	check_line_of(1024, field, "line of 1024 bytes", NULL);
	check_line_of(1025, field, "line of 1025 bytes", too_long);
	check_line_of(1026, field, "line of 1026 bytes", too_long);
	check_line_of(4000, field, "line of 4000 bytes", too_long);
	check_line_of(1024, "# ", "comment of 1024 bytes", "2 lazy\n");
	check_line_of(1025, "# ", "comment of 1025 bytes", too_long);
	check_line_of(1025, "auto;auto # ", "rules and comment of 1025 bytes",
		      too_long);
	check_line_of(1025, "# \x01", "the first bad byte counts",
		      "1:3 control character\n2 lazy\n");
}

/* Each key takes all its line has room for, NULs of the strings included. */
static void test_full_line(void)
{
	char text[RULE_LINE_MAX], expected[RULE_LINE_MAX + 8];
	int len = snprintf(text, sizeof(text), "lazy bus=b name=n modalias=");

	memset(text + len, '*', sizeof(text) - (size_t)len);
	snprintf(expected, sizeof(expected), "1 %.*s\n", (int)sizeof(text), text);
	check("three strings fill a line", text, sizeof(text), false, expected);
}

/* Many lines; line @bad of them is wrong. */
static void test_long_text(unsigned int lines, unsigned int bad)
{
	char *text, *expected;
	size_t len, expected_len;
	FILE *in = open_memstream(&text, &len);
	FILE *out = open_memstream(&expected, &expected_len);
	char name[80];
	unsigned int i;

	for (i = 1; i <= lines; i++) {
		if (i == bad) {
			fprintf(in, "passthrough bus=pci nmae=%u\n", i);
			fprintf(out, "%u:21 " KEYS, i);
			continue;
		}
		fprintf(in, "passthrough name=%u  # device %u\n", i, i);
		fprintf(out, "%u passthrough name=%u\n", i, i);
	}
	fclose(in);
	fclose(out);
	snprintf(name, sizeof(name), "an error in line %u of %u", bad, lines);
	check(name, text, len, false, expected);
	free(text);
	free(expected);
}

/* ---- generated texts, of which it is known what they say ---- */

static const char *pick(const char *const *words, unsigned int count)
{
	return words[random_below(count)];
}

#define PICK(words)	pick(words, sizeof(words) / sizeof((words)[0]))

static const char *const policies[] = {
	"auto", "passthrough", "translated", "strict", "lazy",
};

static const char *const globs[] = {
	"pci", "*", "0000:00:03.0", "a?b*", "[a-z]x", "[!]]", "\\[", "\\\\", "#",
	"=", "x=y", "pci:v00001A03*", "[[]", "]", "a#b", "\\*\\?",
};

static const char *const blanks[] = { " ", "\t", "  ", " \t " };
static const char *const none_or_blanks[] = { "", "", " ", "\t" };

/* In canonical order; rule_format() leaves out what is left out, and force=no. */
static const char *const keys[] = {
	"bus=", "name=", "modalias=", "external=", "virtio=", "force=",
};

#define KEY_COUNT	6
#define KEY_FORCE	5

static void generate_rule(FILE *in, FILE *out, unsigned int line)
{
	const char *values[KEY_COUNT] = { NULL };
	const char *policy = PICK(policies);
	unsigned int order[KEY_COUNT], i, j;

	for (i = 0; i < KEY_COUNT; i++) {
		j = random_below(i + 1);
		order[i] = order[j];
		order[j] = i;
		if (random_below(2))
			values[i] = i < 3 ? PICK(globs) :
				    random_below(2) ? "yes" : "no";
	}

	fprintf(in, "%s", policy);
	for (i = 0; i < KEY_COUNT; i++)
		if (values[order[i]])
			fprintf(in, "%s%s%s", PICK(blanks), keys[order[i]],
				values[order[i]]);

	fprintf(out, "%u %s", line, policy);
	for (i = 0; i < KEY_COUNT; i++)
		if (values[i] && !(i == KEY_FORCE && !strcmp(values[i], "no")))
			fprintf(out, " %s%s", keys[i], values[i]);
	fprintf(out, "\n");
}

static bool generated_text_agrees(void)
{
	unsigned int rules = random_below(8), line = 1, i;
	char *text, *expected, *got;
	size_t len, expected_len;
	FILE *in = open_memstream(&text, &len);
	FILE *out = open_memstream(&expected, &expected_len);
	bool same;

	for (i = 0; i < rules; i++) {
		fprintf(in, "%s", PICK(none_or_blanks));
		generate_rule(in, out, line);
		fprintf(in, "%s", PICK(none_or_blanks));
		switch (random_below(5)) {
		case 0:
			fprintf(in, ";");
			break;
		case 1:
			fprintf(in, " ;; ;");
			break;
		case 2:
			fprintf(in, "\n");
			line++;
			break;
		case 3:
			fprintf(in, "\n\n \t\n");
			line += 3;
			break;
		case 4:
			fprintf(in, " # lazy; x\n# strict\n");
			line += 2;
			break;
		}
	}
	fclose(in);
	fclose(out);
	got = transcript(text, len, false);
	same = !strcmp(got, expected);
	if (!same) {
		note("text:");
		note(text);
		note("expected:");
		note(expected);
		note("got:");
		note(got);
	}
	free(got);
	free(text);
	free(expected);
	return same;
}

static void test_generated(void)
{
	unsigned int i, rounds = 20000;

	for (i = 0; i < rounds && generated_text_agrees(); i++)
		;
	ok(i == rounds, "%u generated texts say what was written", rounds);
}

/* Whatever the bytes: it ends, and ASan has nothing to say. */
static void test_noise(void)
{
	static const char alphabet[] = "\n\n;;# =*?[]!-\\\r\t\x80yesnobumaclitrv";
	unsigned int i, j, rounds = 20000;
	char text[200], *got;
	bool fine = true;

	for (i = 0; i < rounds && fine; i++) {
		unsigned int len = random_below(sizeof(text));

		/* With the NUL at its end. */
		for (j = 0; j < len; j++)
			text[j] = random_below(20) ?
				alphabet[random_below(sizeof(alphabet))] :
				(char)random_below(256);
		got = transcript(text, len, random_below(2));
		fine = !strstr(got, "does not end") &&
		       !strstr(got, "goes on behind its end");
		free(got);
	}
	ok(fine, "%u texts of noise are read to their ends", rounds);
}

int main(int argc, char **argv)
{
	tap_start(argc, argv);
	test_cases();
	test_line_limit();
	test_full_line();
	test_long_text(2000, 1000);
	test_long_text(2000, 1);
	test_long_text(2000, 2000);
	test_generated();
	test_noise();
	return tap_end();
}
