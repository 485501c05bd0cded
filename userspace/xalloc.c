// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ptctl.h"
#include "xalloc.h"

static void *check(void *p)
{
	if (!p) {
		fputs("ptctl: out of memory\n", stderr);
		exit(PTCTL_FAILED);
	}
	return p;
}

void *xcalloc(size_t count, size_t size)
{
	return check(calloc(count ? count : 1, size));
}

void *xrealloc(void *p, size_t size)
{
	return check(realloc(p, size));
}

char *xstrdup(const char *s)
{
	return s ? check(strdup(s)) : NULL;
}

char *xstrndup(const char *s, size_t len)
{
	return check(strndup(s, len));
}

char *xvasprintf(const char *format, va_list args)
{
	char *s = NULL;
	int len = vasprintf(&s, format, args);

	return check(len < 0 ? NULL : s);
}

char *xasprintf(const char *format, ...)
{
	va_list args;
	char *s;

	va_start(args, format);
	s = xvasprintf(format, args);
	va_end(args);
	return s;
}

FILE *xmemstream(char **text, size_t *len)
{
	return check(open_memstream(text, len));
}

/* Without memory for the NUL at the end, glibc closes with success, and no text. */
void xclose(FILE *memstream, char *const *text)
{
	bool whole = !ferror(memstream);

	if (fclose(memstream) || !whole)
		check(NULL);
	check(*text);
}

void *grow(void *array, size_t count, size_t size)
{
	if (count & (count - 1))
		return array;
	return check(reallocarray(array, count ? 2 * count : 1, size));
}

void strings_add(struct strings *list, char *s)
{
	list->at = grow(list->at, list->count, sizeof(*list->at));
	list->at[list->count++] = s;
}

void strings_free(struct strings *list)
{
	while (list->count)
		free(list->at[--list->count]);
	free(list->at);
	list->at = NULL;
}
