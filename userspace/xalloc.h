/* SPDX-License-Identifier: GPL-2.0 */
/* Allocation that ends the program when there is no memory. */
#ifndef PTCTL_XALLOC_H
#define PTCTL_XALLOC_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

void *xcalloc(size_t count, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);		/* NULL gives NULL */
char *xstrndup(const char *s, size_t len);
char *xasprintf(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

char *xvasprintf(const char *format, va_list args);

/*
 * open_memstream() that ends the program instead of failing, and the end of such
 * a stream, which does so if not all that was written to it is in the text.
 */
FILE *xmemstream(char **text, size_t *len);
void xclose(FILE *memstream, char *const *text);

/**
 * struct strings - a growing list of strings that it owns
 * @at: the strings
 * @count: how many
 */
struct strings {
	char **at;
	size_t count;
};

/* Takes over @s. */
void strings_add(struct strings *list, char *s);
void strings_free(struct strings *list);

/**
 * grow() - make room for one more element in an array that has no room field
 * @array: the array, NULL while @count is 0
 * @count: elements in it
 * @size: bytes of one
 *
 * Return: the array; its room is always a power of two.
 */
void *grow(void *array, size_t count, size_t size);

#endif /* PTCTL_XALLOC_H */
