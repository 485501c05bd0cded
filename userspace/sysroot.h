/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Files of /sys and /proc, of this machine or of a copy of another's. Paths
 * begin with "sys/" or "proc/". A copy is not trusted: no link in it leads out
 * of it, and nothing but files, links and folders is read.
 */
#ifndef PTCTL_SYSROOT_H
#define PTCTL_SYSROOT_H

#include <stdbool.h>
#include <stdio.h>

#include "xalloc.h"

/**
 * struct sysroot - where to read
 * @dir: descriptor of the folder that has sys and proc
 * @live: it is this machine's
 * @record: every answer is written there, a line each; NULL: nowhere
 */
struct sysroot {
	int dir;
	bool live;
	FILE *record;
};

/**
 * sysroot_open() - begin to read
 * @root: filled in
 * @folder: of the copy, NULL: this machine
 *
 * Return: an enum ptctl_status; complains itself
 */
int sysroot_open(struct sysroot *root, const char *folder);
void sysroot_close(struct sysroot *root);

/* NULL if it cannot be read; empty files give "". */
char *sysroot_line(const struct sysroot *root, const char *folder,
		   const char *file);

/* The first line that has @word in it; NULL if none has. */
char *sysroot_line_with(const struct sysroot *root, const char *path,
			const char *word);

/* The last part of what a link points to; NULL if there is none. */
char *sysroot_link(const struct sysroot *root, const char *folder,
		   const char *link);

/* How many bytes were read, at most @size. */
size_t sysroot_bytes(const struct sysroot *root, const char *folder,
		     const char *file, unsigned char *bytes, size_t size);

/* The names in a folder that match a glob, sorted; none without the folder. */
void sysroot_list(const struct sysroot *root, const char *folder,
		  const char *glob, struct strings *names);

bool sysroot_has(const struct sysroot *root, const char *folder,
		 const char *name);

#endif /* PTCTL_SYSROOT_H */
