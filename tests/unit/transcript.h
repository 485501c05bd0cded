/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A rules text read to its end, and what came out written down: "LINE RULE"
 * for a rule, in canonical form, and "LINE:COLUMN MESSAGE" for an error, each
 * ending in a newline. One string comparison then checks everything.
 */
#ifndef TESTS_TRANSCRIPT_H
#define TESTS_TRANSCRIPT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hint.h"
#include "rule.h"

/* A copy with nothing behind it, so that ASan sees one byte too many read. */
static inline char *exact_copy(const char *text, size_t len, char **block)
{
	/* malloc(0) gives one byte that may be read: stand at a block's end. */
	*block = malloc(len ? len : 8);
	if (!*block)
		abort();
	if (!len)
		return *block + 8;
	memcpy(*block, text, len);
	return *block;
}

enum transcript_kind {
	AS_RULES,
	AS_RULES_WITHOUT_FORCE,
	AS_HINT,
};

static inline char *transcript_as(enum transcript_kind kind, const char *text,
				  size_t len)
{
	static struct rule_cursor cur;
	char line[RULE_LINE_MAX + 1];
	struct rule_error err;
	struct rule rule;
	size_t size, calls;
	char *block, *out;
	FILE *stream;
	int ret;

	stream = open_memstream(&out, &size);
	if (!stream)
		abort();
	/* What was left of the last text must not matter. */
	memset(&cur, 0x5a, sizeof(cur));
	text = exact_copy(text, len, &block);
	if (kind == AS_HINT)
		hint_start(&cur, text, len);
	else
		rule_start(&cur, text, len, kind == AS_RULES_WITHOUT_FORCE);
	for (calls = 0; ; calls++) {
		memset(&rule, 0x5a, sizeof(rule));
		memset(&err, 0x5a, sizeof(err));
		ret = rule_next(&cur, &rule, &err);
		if (!ret)
			break;
		if (calls > len) {
			fprintf(stream, "does not end\n");
			break;
		}
		if (ret < 0) {
			fprintf(stream, "%u:%u %s\n", err.line, err.column,
				err.message);
			continue;
		}
		if (ret == RULE_TRUTHFUL) {
			fprintf(stream, "%u truthful\n", cur.rule_line);
			continue;
		}
		if (rule_format(&rule, line, sizeof(line)) >= (int)sizeof(line))
			fprintf(stream, "formatted rule is too long\n");
		fprintf(stream, "%u %s\n", cur.rule_line, line);
	}
	if (rule_next(&cur, &rule, &err) != 0 && calls <= len)
		fprintf(stream, "goes on behind its end\n");
	fclose(stream);
	free(block);
	return out;
}

static inline char *transcript(const char *text, size_t len, bool no_force)
{
	return transcript_as(no_force ? AS_RULES_WITHOUT_FORCE : AS_RULES, text,
			     len);
}

#endif /* TESTS_TRANSCRIPT_H */
