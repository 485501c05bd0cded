/* SPDX-License-Identifier: GPL-2.0 */
/* What differs between two lists of lines. */
#ifndef PTCTL_DIFF_H
#define PTCTL_DIFF_H

#include "xalloc.h"

/**
 * diff_lines() - print what differs, "-" and "+" before each line
 * @old: what is
 * @new: what shall be
 *
 * Return: how many lines differ
 */
size_t diff_lines(const struct strings *old, const struct strings *new);

#endif /* PTCTL_DIFF_H */
