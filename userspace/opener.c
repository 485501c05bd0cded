// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

#include "opener.h"
#include "sysfs.h"
#include "unread.h"
#include "xalloc.h"

char *opener_name(const char *pid)
{
	char *folder = xasprintf("/proc/%s", pid);
	char *name = sysfs_attr(folder, "comm");
	char *text = xasprintf("%s (%s)", name ? name : "process", pid);

	free(name);
	free(folder);
	return text;
}

static void each_descriptor(const char *pid, opener_fn fn, void *arg)
{
	char *folder = xasprintf("/proc/%s/fd", pid);
	DIR *dir = open_entries(folder);
	struct dirent *entry;
	struct stat st;

	while (dir && (entry = next_entry(dir, folder))) {
		if (*entry->d_name == '.')
			continue;
		if (fstatat(dirfd(dir), entry->d_name, &st, 0))
			unread(folder);
		else if (S_ISBLK(st.st_mode) || S_ISCHR(st.st_mode))
			fn(pid, &st, arg);
	}
	if (dir)
		closedir(dir);
	free(folder);
}

void opener_each(opener_fn fn, void *arg)
{
	DIR *dir = open_entries("/proc");
	struct dirent *entry;

	while (dir && (entry = next_entry(dir, "/proc")))
		if (isdigit((unsigned char)*entry->d_name) &&
		    strtol(entry->d_name, NULL, 10) != getpid())
			each_descriptor(entry->d_name, fn, arg);
	if (dir)
		closedir(dir);
}
