// SPDX-License-Identifier: GPL-2.0
#ifdef __KERNEL__
#include <linux/kernel.h>
#include <linux/string.h>
#else
#include <stdio.h>
#include <string.h>
#endif
#include "names.h"
#include "rule.h"

/* ---- reading ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_rule_end(char c)
{
	return c == '\n' || c == ';';
}

/* No control character, and nothing beyond ASCII, has a place in a word. */
static bool is_word(char c)
{
	return c > ' ' && c < 0x7f && c != ';';
}

static int fail(const struct rule_cursor *cur, const char *where,
		const char *message, struct rule_error *err)
{
	err->line = cur->line;
	err->column = (unsigned int)(where - cur->line_start) + 1;
	err->message = message;
	return -1;
}

/*
 * One look at a line before its rules are read. Comments may hold any
 * printable text, UTF-8 among it, but nothing that a terminal would obey.
 */
static int check_line(const struct rule_cursor *cur, struct rule_error *err)
{
	const char *p;

	for (p = cur->line_start; p < cur->end && *p != '\n'; p++) {
		if (p - cur->line_start == RULE_LINE_MAX)
			return fail(cur, p, "line is longer than 1024 bytes",
				    err);
		if (*p == '\0')
			return fail(cur, p, "NUL byte", err);
		if (*p == '\r')
			return fail(cur, p,
				    "carriage return; lines end in LF only",
				    err);
		if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
			return fail(cur, p, "control character", err);
	}
	return 0;
}

static void next_line(struct rule_cursor *cur)
{
	const char *newline = cur->end;

	if (cur->pos < cur->end) {
		newline = memchr(cur->pos, '\n', (size_t)(cur->end - cur->pos));
		if (!newline)
			newline = cur->end;
	}
	cur->pos = newline < cur->end ? newline + 1 : cur->end;
	cur->line_start = cur->pos;
	cur->line++;
}

/* Blanks, and a comment up to its newline. */
static void skip_blanks(struct rule_cursor *cur)
{
	while (cur->pos < cur->end && is_blank(*cur->pos))
		cur->pos++;
	if (cur->pos < cur->end && *cur->pos == '#')
		while (cur->pos < cur->end && *cur->pos != '\n')
			cur->pos++;
}

/* The word at the cursor: a policy, or a key, '=' and a value. */
struct word {
	const char *start;
	size_t len;
	const char *value;	/* behind the '=', NULL without one */
	size_t value_len;
};

static int read_word(struct rule_cursor *cur, struct word *word,
		     struct rule_error *err)
{
	const char *p = cur->pos;

	word->start = p;
	word->value = NULL;
	for (; p < cur->end && !is_blank(*p) && !is_rule_end(*p); p++) {
		if (!is_word(*p))
			return fail(cur, p, "character outside ASCII", err);
		if (*p == '=' && !word->value)
			word->value = p + 1;
	}
	cur->pos = p;
	if (word->value) {
		word->len = (size_t)(word->value - 1 - word->start);
		word->value_len = (size_t)(p - word->value);
	} else {
		word->len = (size_t)(p - word->start);
		word->value_len = 0;
	}
	return 0;
}

static bool word_is(const struct word *word, const char *key)
{
	return strlen(key) == word->len && !memcmp(key, word->start, word->len);
}

/* The ']' of the set that begins at @p, NULL without one before @end. */
static const char *set_end(const char *p, const char *end)
{
	p++;
	if (p < end && *p == '!')
		p++;
	p++;			/* the first one stands for itself, even ']' */
	while (p < end && *p != ']')
		p++;
	return p < end ? p : NULL;
}

static int check_glob(const struct rule_cursor *cur, const struct word *word,
		      struct rule_error *err)
{
	const char *end = word->value + word->value_len;
	const char *p, *close;

	for (p = word->value; p < end; p++) {
		if (*p == '\\') {
			if (++p == end)
				return fail(cur, p - 1,
					    "nothing behind the backslash",
					    err);
		} else if (*p == '[') {
			close = set_end(p, end);
			if (!close)
				return fail(cur, p, "'[' without ']'", err);
			p = close;
		}
	}
	return 0;
}

static int read_glob(struct rule_cursor *cur, const struct word *word,
		     const char **glob, char **free_text,
		     struct rule_error *err)
{
	if (*glob)
		return fail(cur, word->start, "key given twice", err);
	if (check_glob(cur, word, err))
		return -1;
	/* Fits: all values of one line are shorter than the line. */
	*glob = *free_text;
	memcpy(*free_text, word->value, word->value_len);
	*free_text += word->value_len;
	*(*free_text)++ = '\0';
	return 0;
}

static int read_tri(const struct rule_cursor *cur, const struct word *word,
		    enum rule_tri *tri, struct rule_error *err)
{
	if (*tri != RULE_ANY)
		return fail(cur, word->start, "key given twice", err);
	if (word->value_len == 3 && !memcmp(word->value, "yes", 3))
		*tri = RULE_YES;
	else if (word->value_len == 2 && !memcmp(word->value, "no", 2))
		*tri = RULE_NO;
	else
		return fail(cur, word->value, "expected yes or no", err);
	return 0;
}

static int read_selector(struct rule_cursor *cur, const struct word *word,
			 struct rule *rule, enum rule_tri *force,
			 char **free_text, struct rule_error *err)
{
	if (!word->value)
		return fail(cur, word->start, "expected key=value", err);
	if (!word->value_len)
		return fail(cur, word->value, "value is empty", err);
	if (word_is(word, "bus"))
		return read_glob(cur, word, &rule->bus, free_text, err);
	if (word_is(word, "name"))
		return read_glob(cur, word, &rule->name, free_text, err);
	if (word_is(word, "modalias"))
		return read_glob(cur, word, &rule->modalias, free_text, err);
	if (word_is(word, "external"))
		return read_tri(cur, word, &rule->external, err);
	if (word_is(word, "virtio"))
		return read_tri(cur, word, &rule->virtio, err);
	if (!word_is(word, "force"))
		return fail(cur, word->start,
			    "unknown key; there are bus, name, modalias, external, virtio and force",
			    err);
	if (cur->no_force)
		return fail(cur, word->start,
			    "force is for an administrator's rules only", err);
	return read_tri(cur, word, force, err);
}

static int fail_policy(const struct rule_cursor *cur, const char *where,
		       struct rule_error *err)
{
	if (cur->hint)
		return fail(cur, where,
			    "unknown word; there are passthrough, translated, strict, lazy and auto, and truthful",
			    err);
	return fail(cur, where,
		    "unknown policy; there are passthrough, translated, strict, lazy and auto",
		    err);
}

/* Behind the word that is a statement of its own. */
static int read_truthful(struct rule_cursor *cur, struct rule_error *err)
{
	skip_blanks(cur);
	if (cur->pos < cur->end && !is_rule_end(*cur->pos))
		return fail(cur, cur->pos, "truthful stands alone", err);
	return RULE_TRUTHFUL;
}

/* The cursor stands at the policy. */
static int read_rule(struct rule_cursor *cur, struct rule *rule,
		     struct rule_error *err)
{
	enum rule_tri force = RULE_ANY;
	char *free_text = cur->text;
	struct word word;
	int policy;

	memset(rule, 0, sizeof(*rule));
	cur->rule_line = cur->line;

	if (read_word(cur, &word, err))
		return -1;
	if (cur->hint && !word.value && word_is(&word, "truthful"))
		return read_truthful(cur, err);
	policy = word.value ? -1 : policy_parse(word.start, word.len);
	if (policy < 0)
		return fail_policy(cur, word.start, err);
	rule->policy = (enum iommu_pt_policy)policy;

	for (;;) {
		skip_blanks(cur);
		if (cur->pos == cur->end || is_rule_end(*cur->pos))
			break;
		if (read_word(cur, &word, err) ||
		    read_selector(cur, &word, rule, &force, &free_text, err))
			return -1;
	}
	rule->force = force == RULE_YES;
	return 1;
}

void rule_start(struct rule_cursor *cur, const char *text, size_t len,
		bool no_force)
{
	cur->pos = text;
	cur->end = text + len;
	cur->line_start = text;
	cur->line = 1;
	cur->rule_line = 0;
	cur->no_force = no_force;
	cur->hint = false;
}

int rule_next(struct rule_cursor *cur, struct rule *rule,
	      struct rule_error *err)
{
	for (;;) {
		if (cur->pos == cur->line_start && check_line(cur, err)) {
			next_line(cur);
			return -1;
		}
		skip_blanks(cur);
		if (cur->pos == cur->end)
			return 0;
		if (*cur->pos == '\n') {
			next_line(cur);
		} else if (*cur->pos == ';') {
			cur->pos++;
		} else {
			int ret = read_rule(cur, rule, err);

			if (ret < 0)
				next_line(cur);
			return ret;
		}
	}
}

/* ---- writing ---- */

struct out {
	char *buf;
	size_t size;
	size_t len;	/* of the whole text, may be beyond size */
};

static void put_char(struct out *out, char c)
{
	if (out->len + 1 < out->size)
		out->buf[out->len] = c;
	out->len++;
}

static void put(struct out *out, const char *s)
{
	while (*s)
		put_char(out, *s++);
}

static int finish(struct out *out)
{
	if (out->size)
		out->buf[out->len < out->size ? out->len : out->size - 1] = 0;
	return (int)out->len;
}

static void put_glob(struct out *out, const char *key, const char *glob)
{
	if (!glob)
		return;
	put(out, key);
	put(out, glob);
}

static void put_tri(struct out *out, const char *key, enum rule_tri tri)
{
	if (tri == RULE_ANY)
		return;
	put(out, key);
	put(out, tri == RULE_YES ? "yes" : "no");
}

int rule_format(const struct rule *rule, char *buf, size_t size)
{
	struct out out = { .buf = buf, .size = size };

	put(&out, policy_name(rule->policy));
	put_glob(&out, " bus=", rule->bus);
	put_glob(&out, " name=", rule->name);
	put_glob(&out, " modalias=", rule->modalias);
	put_tri(&out, " external=", rule->external);
	put_tri(&out, " virtio=", rule->virtio);
	if (rule->force)
		put(&out, " force=yes");
	return finish(&out);
}

int rule_quote(const char *string, char *buf, size_t size)
{
	struct out out = { .buf = buf, .size = size };

	for (; *string; string++) {
		if (!is_word(*string)) {
			put_char(&out, '?');
			continue;
		}
		if (strchr("*?[]\\", *string))
			put_char(&out, '\\');
		put_char(&out, *string);
	}
	return finish(&out);
}

/* ---- matching ---- */

/* Is @c in the set at @p ("[...]")? @next: the glob behind it. */
static bool in_set(const char *p, unsigned char c, const char **next)
{
	bool negated = p[1] == '!';
	bool found = false;

	p += negated ? 2 : 1;
	do {
		unsigned char low = (unsigned char)*p++, high = low;

		if (p[0] == '-' && p[1] != ']') {
			high = (unsigned char)p[1];
			p += 2;
		}
		found |= low <= c && c <= high;
	} while (*p != ']');
	*next = p + 1;
	return found != negated;
}

/* Does one character match? @next: the glob behind what it matched. */
static bool match_one(const char *glob, char c, const char **next)
{
	switch (*glob) {
	case '?':
		*next = glob + 1;
		return true;
	case '[':
		return in_set(glob, (unsigned char)c, next);
	case '\\':
		*next = glob + 2;
		return glob[1] == c;
	default:
		*next = glob + 1;
		return *glob == c;
	}
}

/*
 * When a character does not match, only the last star needs to take one more:
 * whatever an earlier one could take, the last one can.
 */
bool rule_glob(const char *glob, const char *string)
{
	const char *star = NULL, *star_string = NULL, *next;

	for (;;) {
		if (*glob == '*') {
			star = ++glob;
			star_string = string;
			continue;
		}
		if (*string && *glob && match_one(glob, *string, &next)) {
			glob = next;
			string++;
			continue;
		}
		if (!*string && !*glob)
			return true;
		if (!star || !*star_string)
			return false;
		glob = star;
		string = ++star_string;
	}
}

bool rule_glob_is_literal(const char *glob)
{
	return !strpbrk(glob, "*?[\\");
}

size_t rule_glob_beginning(const char *glob)
{
	return strcspn(glob, "*?[\\");
}

static bool glob_matches(const char *glob, const char *string)
{
	return !glob || (string && rule_glob(glob, string));
}

static bool tri_matches(enum rule_tri asked, enum rule_tri is)
{
	return asked == RULE_ANY || asked == is;
}

bool rule_matches(const struct rule *rule, const struct rule_subject *subject)
{
	return glob_matches(rule->bus, subject->bus) &&
	       glob_matches(rule->name, subject->name) &&
	       tri_matches(rule->external, subject->external) &&
	       tri_matches(rule->virtio, subject->virtio) &&
	       glob_matches(rule->modalias, subject->modalias);
}
