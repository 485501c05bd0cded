/* SPDX-License-Identifier: GPL-2.0 */
/* Files and folders of sysfs. What is there and cannot be read is told to unread(). */
#ifndef PTCTL_SYSFS_H
#define PTCTL_SYSFS_H

#include <stdbool.h>

/* An attribute, or the last part of what a link points to. NULL without. */
char *sysfs_attr(const char *syspath, const char *attr);
char *sysfs_link(const char *syspath, const char *link);

bool sysfs_is_there(const char *path);
bool sysfs_has(const char *syspath, const char *file);

/* Is it "." or ".."? */
bool sysfs_is_dots(const char *name);

/* Calls @fn with the path of each entry of a folder; one that is not there is empty. */
void sysfs_each(const char *folder, void (*fn)(const char *path, void *arg),
		void *arg);

#endif /* PTCTL_SYSFS_H */
