/* SPDX-License-Identifier: GPL-2.0 */
/* Sentences that are longer than a terminal is wide. */
#ifndef PTCTL_PARAGRAPH_H
#define PTCTL_PARAGRAPH_H

/**
 * paragraph_out() - print text to stdout, as msg_out() does
 * @text: what to print
 *
 * Indented, and broken between words where stdout is a terminal; else in one
 * line.
 */
void paragraph_out(const char *text);

#endif /* PTCTL_PARAGRAPH_H */
