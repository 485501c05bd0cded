/* SPDX-License-Identifier: GPL-2.0 */
/* What the targets have in common. */
#ifndef TESTS_REQUIRE_H
#define TESTS_REQUIRE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rule.h"

/* Not stderr where that is looked at, or closed. */
static int require_fd = STDERR_FILENO;

#define REQUIRE(condition)						\
	do {								\
		if (!(condition)) {					\
			dprintf(require_fd, "%s:%d: does not hold: %s\n", \
				__FILE__, __LINE__, #condition);	\
			abort();					\
		}							\
	} while (0)

/* An error has a place, which is in the text. */
static inline void check_error(const struct rule_error *err, const char *text,
			       size_t len)
{
	const char *line = text, *end = text + len, *newline;
	unsigned int i;

	REQUIRE(err->line && err->column && err->message && *err->message);
	for (i = 1; i < err->line; i++) {
		newline = memchr(line, '\n', (size_t)(end - line));
		REQUIRE(newline);
		line = newline + 1;
	}
	newline = memchr(line, '\n', (size_t)(end - line));
	/* An empty value's place may be the end of the line. */
	REQUIRE(err->column - 1 <= (size_t)((newline ? newline : end) - line));
	REQUIRE(err->column <= RULE_LINE_MAX + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif /* TESTS_REQUIRE_H */
