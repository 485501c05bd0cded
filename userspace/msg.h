/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lines for people. Whatever the text contains (names and sentences come from
 * devices, files and the kernel), nothing in it is obeyed by a terminal.
 */
#ifndef PTCTL_MSG_H
#define PTCTL_MSG_H

#include <stdbool.h>

/**
 * msg_out() - print one line to stdout
 * @format: as printf() has, without the newline
 */
void msg_out(const char *format, ...) __attribute__((format(printf, 1, 2)));

/**
 * msg_err() - print one line to stderr, "ptctl: " before it
 * @format: as printf() has, without the newline
 */
void msg_err(const char *format, ...) __attribute__((format(printf, 1, 2)));

/**
 * msg_fail() - msg_err() for use in a return statement
 * @status: what to return, one of enum ptctl_status
 * @format: as printf() has, without the newline
 *
 * Return: @status
 */
int msg_fail(int status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * msg_excerpt() - print a source line to stderr, and a caret below a column
 * @line: the line, without its newline
 * @len: its length in bytes
 * @column: byte counted from 1
 */
void msg_excerpt(const char *line, unsigned int len, unsigned int column);

/**
 * msg_escape() - write out control characters and broken UTF-8 as ``\xNN``
 * @s: any string
 *
 * Return: a new string
 */
char *msg_escape(const char *s);

/* Is there nothing in it that msg_escape() would write out? */
bool msg_is_plain(const char *s);

#endif /* PTCTL_MSG_H */
