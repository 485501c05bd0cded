/* SPDX-License-Identifier: GPL-2.0 */
/* What is there and cannot be read: then what is said here is not all. */
#ifndef PTCTL_UNREAD_H
#define PTCTL_UNREAD_H

#include <dirent.h>
#include <stdbool.h>

/**
 * unread() - a file, link or folder of the kernel's could not be read
 * @path: which; errno says why
 *
 * Complains, unless that only means that it is not there (any more), or is not
 * for everybody to read. Keeps errno.
 */
void unread(const char *path);

/* Was there any? Then no verb may end as if it had seen everything. */
bool unread_any(void);

/* opendir() and readdir(), whose failures are told to unread(). */
DIR *open_entries(const char *path);
struct dirent *next_entry(DIR *dir, const char *path);

#endif /* PTCTL_UNREAD_H */
