/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rule language said a second time, as plainly as can be and with no
 * thought of speed: what rule.c is compared with. Shares no code with it.
 */
#ifndef TESTS_ORACLE_H
#define TESTS_ORACLE_H

#include <stdbool.h>
#include <string.h>
#include "rule.h"

/*
 * Where the set "[...]" at @glob has its ']', NULL if it has none. Not inline:
 * gcc 12 warns of overreads that there are not.
 */
__attribute__((noinline, unused))
static const char *naive_set_end(const char *glob)
{
	size_t first = glob[1] == '!' ? 2 : 1;

	if (strlen(glob) <= first)
		return NULL;
	return strchr(glob + first + 1, ']');
}

static inline bool naive_well_formed(const char *glob)
{
	if (!*glob)
		return true;
	if (*glob == '\\')
		return glob[1] && naive_well_formed(glob + 2);
	if (*glob == '[') {
		glob = naive_set_end(glob);
		if (!glob)
			return false;
	}
	return naive_well_formed(glob + 1);
}

/* Write down all members of the set, then look whether @c is one. */
static inline bool naive_in_set(const char *set, const char *end, char c)
{
	bool member[256] = { false };
	bool negated = set[1] == '!';
	const char *p = set + (negated ? 2 : 1);

	while (p < end) {
		int low = (unsigned char)*p, high = low, i;

		if (end - p >= 3 && p[1] == '-') {
			high = (unsigned char)p[2];
			p += 3;
		} else {
			p++;
		}
		for (i = low; i <= high; i++)
			member[i] = true;
	}
	return negated ? !member[(unsigned char)c] : member[(unsigned char)c];
}

/* Tries everything: exponential in the stars, so keep both short. */
static inline bool naive_glob(const char *glob, const char *string)
{
	const char *end;

	if (*glob == '\0')
		return *string == '\0';
	if (*glob == '*')
		return naive_glob(glob + 1, string) ||
		       (*string && naive_glob(glob, string + 1));
	if (*string == '\0')
		return false;
	if (*glob == '?')
		return naive_glob(glob + 1, string + 1);
	if (*glob == '\\')
		return glob[1] == *string && naive_glob(glob + 2, string + 1);
	if (*glob == '[') {
		end = naive_set_end(glob);
		return naive_in_set(glob, end, *string) &&
		       naive_glob(end + 1, string + 1);
	}
	return *glob == *string && naive_glob(glob + 1, string + 1);
}

static inline bool naive_matches(const struct rule *rule,
				 const struct rule_subject *subject)
{
	if (rule->bus && !naive_glob(rule->bus, subject->bus))
		return false;
	if (rule->name && !naive_glob(rule->name, subject->name))
		return false;
	if (rule->modalias && !subject->modalias)
		return false;
	if (rule->modalias && !naive_glob(rule->modalias, subject->modalias))
		return false;
	if (rule->external == RULE_YES && subject->external != RULE_YES)
		return false;
	if (rule->external == RULE_NO && subject->external != RULE_NO)
		return false;
	if (rule->virtio == RULE_YES && subject->virtio != RULE_YES)
		return false;
	if (rule->virtio == RULE_NO && subject->virtio != RULE_NO)
		return false;
	return true;
}

#endif /* TESTS_ORACLE_H */
