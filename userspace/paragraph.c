// SPDX-License-Identifier: GPL-2.0
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "msg.h"
#include "paragraph.h"

#define INDENT		4
#define NARROWEST	20	/* below that, lines are longer than the terminal */

/* Bytes that fit a line. */
static size_t room(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) ||
	    !size.ws_col)
		return INT_MAX;
	return size.ws_col < NARROWEST + INDENT ? NARROWEST :
						  size.ws_col - INDENT;
}

/* Up to the last blank that fits; a word that does not fit stays whole. */
static size_t line_len(const char *text, size_t width)
{
	size_t len = strlen(text), at;

	if (len <= width)
		return len;
	for (at = width; at && text[at] != ' '; at--)
		;
	return at ? at : strcspn(text, " ");
}

void paragraph_out(const char *text)
{
	char *safe = msg_escape(text), *at = safe;
	size_t width = room(), len;

	while (*at) {
		len = line_len(at, width);
		msg_out("%*s%.*s", INDENT, "", (int)len, at);
		at += len + strspn(at + len, " ");
	}
	free(safe);
}
