// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "xalloc.h"

/* How long a UTF-8 sequence its first byte announces; 0: none begins so. */
static size_t sequence_len(unsigned char c)
{
	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c < 0xe0)
		return 2;
	if (c >= 0xe0 && c < 0xf0)
		return 3;
	if (c >= 0xf0 && c < 0xf5)
		return 4;
	return 0;
}

/* C0, DEL, C1, surrogates, and what turns the direction of writing. */
static bool is_harmful(unsigned long code)
{
	return code < ' ' || (code >= 0x7f && code < 0xa0) ||
	       (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069) ||
	       (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff;
}

/* Bytes at @s that can be printed as they are, 0 if they cannot. */
static size_t printable_len(const unsigned char *s)
{
	static const unsigned long least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = sequence_len(*s), i;
	unsigned long code;

	if (!len)
		return 0;
	code = len == 1 ? *s : *s & (0x7fU >> len);
	for (i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	return code < least[len] || is_harmful(code) ? 0 : len;
}

char *msg_escape(const char *s)
{
	char *escaped = xcalloc(4 * strlen(s) + 1, 1), *to = escaped;

	while (*s) {
		size_t len = printable_len((const unsigned char *)s);

		if (len) {
			to = mempcpy(to, s, len);
			s += len;
		} else {
			to += sprintf(to, "\\x%02x", (unsigned char)*s++);
		}
	}
	return escaped;
}

bool msg_is_plain(const char *s)
{
	char *escaped = msg_escape(s);
	bool same = !strcmp(escaped, s);

	free(escaped);
	return same;
}

/* Both may go to one terminal or log. Keeps errno, for %m. */
static void flush_stdout(void)
{
	int err = errno;

	fflush(stdout);
	errno = err;
}

static void put_line(FILE *to, const char *prefix, const char *format,
		     va_list args)
{
	char *raw = xvasprintf(format, args), *line = msg_escape(raw);

	fprintf(to, "%s%s\n", prefix, line);
	free(line);
	free(raw);
}

void msg_out(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_line(stdout, "", format, args);
	va_end(args);
}

void msg_err(const char *format, ...)
{
	va_list args;

	flush_stdout();
	va_start(args, format);
	put_line(stderr, "ptctl: ", format, args);
	va_end(args);
}

int msg_fail(int status, const char *format, ...)
{
	va_list args;

	flush_stdout();
	va_start(args, format);
	put_line(stderr, "ptctl: ", format, args);
	va_end(args);
	return status;
}

/* A long line is shown around the column only. */
void msg_excerpt(const char *line, unsigned int len, unsigned int column)
{
	const unsigned int before = 60, width = 76;
	unsigned int start = column > before ? column - before : 0, i;
	unsigned int end = len - start > width ? start + width : len;

	if (start > len)
		return;
	flush_stdout();
	fputs("    ", stderr);
	for (i = start; i < end; i++)
		fputc(line[i] >= ' ' && line[i] < 0x7f ? line[i] :
		      line[i] == '\t' ? ' ' : '?', stderr);
	fprintf(stderr, "\n    %*s^\n", (int)(column - 1 - start), "");
}
