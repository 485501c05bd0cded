/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rule language: one parser, one formatter and one matcher, pure C,
 * compiled into the module and into ptctl alike. Nothing here allocates,
 * locks or sleeps.
 */
#ifndef IOMMU_PT_RULE_H
#define IOMMU_PT_RULE_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#endif
#include "uapi/linux/iommu_pt.h"

/* Longest line of a rules text, in bytes, comment included, newline not. */
#define RULE_LINE_MAX	1024

/* What rule_next() returns for a statement that is no rule; see hint.h. */
#define RULE_TRUTHFUL	2

enum rule_tri {
	RULE_ANY,	/* of a rule: not asked; of a subject: not known */
	RULE_YES,
	RULE_NO,
};

/**
 * struct rule - one rule: a policy and what must match
 * @policy: what is asked for
 * @external: match devices that are (not) untrusted or removable
 * @virtio: match devices that are (not) virtio transports
 * @force: the admin wants it against the safety rules
 * @bus: glob for the bus's name, NULL matches every bus
 * @name: glob for the device's name, NULL matches every name
 * @modalias: glob for the device's modalias, NULL matches every device
 */
struct rule {
	enum iommu_pt_policy policy;
	enum rule_tri external;
	enum rule_tri virtio;
	bool force;
	const char *bus;
	const char *name;
	const char *modalias;
};

/**
 * struct rule_subject - what a rule is matched against
 * @bus: name of the bus type
 * @name: name of the device on it
 * @modalias: its modalias, NULL for a device that has none
 * @external: untrusted or removable; RULE_ANY where that is not known
 * @virtio: a virtio transport; RULE_ANY where that is not known
 */
struct rule_subject {
	const char *bus;
	const char *name;
	const char *modalias;
	enum rule_tri external;
	enum rule_tri virtio;
};

/**
 * struct rule_error - where a text is wrong, and how
 * @line: line, counted from 1
 * @column: byte in that line, counted from 1
 * @message: a static sentence without a full stop
 */
struct rule_error {
	unsigned int line;
	unsigned int column;
	const char *message;
};

/**
 * struct rule_cursor - a place in a rules text; see rule_start()
 * @pos: what comes next
 * @end: behind the last byte
 * @line_start: first byte of the current line
 * @line: the current line, counted from 1
 * @rule_line: the line of the rule that rule_next() returned last
 * @no_force: "force=yes" is an error
 * @hint: it is a hint, which may say "truthful"; see hint.h
 * @text: the strings of the rule that rule_next() returned last
 */
struct rule_cursor {
	const char *pos;
	const char *end;
	const char *line_start;
	unsigned int line;
	unsigned int rule_line;
	bool no_force;
	bool hint;
	char text[RULE_LINE_MAX + 1];
};

/**
 * rule_start() - begin to read a rules text
 * @cur: the cursor; big, so not on a kernel stack
 * @text: the text; need not end in NUL, may be empty
 * @len: its length in bytes
 * @no_force: true for tiers that may not pass the safety rules
 */
void rule_start(struct rule_cursor *cur, const char *text, size_t len,
		bool no_force);

/**
 * rule_next() - read the next rule
 * @cur: the cursor
 * @rule: filled in; its strings live in @cur until the next call
 * @err: filled in on error
 *
 * Rules end at a newline or a semicolon. Comments begin with '#' where a word
 * could begin, and go to the end of the line.
 *
 * Return: 1 with a rule, RULE_TRUTHFUL for that word in a hint, 0 at the end,
 * -1 on a syntax error. The cursor then stands behind the bad line, so that a
 * linter can go on.
 */
int rule_next(struct rule_cursor *cur, struct rule *rule,
	      struct rule_error *err);

/**
 * rule_matches() - does a rule speak of this device?
 * @rule: the rule
 * @subject: the device
 *
 * Return: true if every selector matches. A selector that asks what is not
 * known of the device does not match.
 */
bool rule_matches(const struct rule *rule, const struct rule_subject *subject);

/**
 * rule_format() - write a rule as text, selectors in canonical order
 * @rule: the rule
 * @buf: where to; always NUL-terminated if @size is not 0
 * @size: bytes there
 *
 * Return: the length of the whole text without NUL, as snprintf() does.
 */
int rule_format(const struct rule *rule, char *buf, size_t size);

/**
 * rule_glob() - match a string against a glob
 * @glob: ``*``, ``?``, ``[a-z]``, ``[!a-z]``, and a backslash takes the next
 *	character's meaning away; case matters; well-formed, as rule_next()
 *	and rule_quote() give it
 * @string: the string
 *
 * At most strlen(@glob) * strlen(@string) steps, and no recursion.
 *
 * Return: true if the whole string matches.
 */
bool rule_glob(const char *glob, const char *string);

/**
 * rule_glob_is_literal() - does a glob match one string only, itself?
 * @glob: the glob
 */
bool rule_glob_is_literal(const char *glob);

/**
 * rule_glob_beginning() - what every string that a glob matches begins with
 * @glob: the glob
 *
 * Return: so many bytes of @glob, up to the first special character.
 */
size_t rule_glob_beginning(const char *glob);

/**
 * rule_quote() - write a string as a glob that matches it
 * @string: any string, say a device's name
 * @buf: where to; always NUL-terminated if @size is not 0
 * @size: bytes there
 *
 * Glob characters get a backslash. What the language has no way to write
 * (blanks, control characters, ';') becomes '?', which matches it too.
 *
 * Return: the length of the whole glob without NUL, as snprintf() does.
 */
int rule_quote(const char *string, char *buf, size_t size);

#endif /* IOMMU_PT_RULE_H */
