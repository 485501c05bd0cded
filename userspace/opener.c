// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
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

static bool is_denied(void)
{
	return errno == EACCES || errno == EPERM;
}

/*
 * The link itself cannot be read. If only what it leads to refuses, as somebody's
 * FUSE does to root, that is no device node.
 */
static bool is_hidden(DIR *dir, const char *name)
{
	char first;

	return is_denied() &&
	       readlinkat(dirfd(dir), name, &first, sizeof(first)) < 0 &&
	       is_denied();
}

/* Return: false if a right is missing to see them all */
static bool each_descriptor(const char *pid, opener_fn fn, void *arg)
{
	char *folder = xasprintf("/proc/%s/fd", pid);
	DIR *dir = open_entries(folder);
	bool all = dir || !is_denied();
	struct dirent *entry;
	struct stat st;

	while (dir && (entry = next_entry(dir, folder))) {
		if (*entry->d_name == '.')
			continue;
		if (fstatat(dirfd(dir), entry->d_name, &st, 0)) {
			unread(folder);
			all = all && !is_hidden(dir, entry->d_name);
		} else if (S_ISBLK(st.st_mode) || S_ISCHR(st.st_mode)) {
			fn(pid, &st, arg);
		}
	}
	if (dir)
		closedir(dir);
	free(folder);
	return all;
}

/* With hidepid= some are not even listed; the first one is always there. */
bool opener_each(opener_fn fn, void *arg)
{
	DIR *dir = open_entries("/proc");
	bool first = false, all = true;
	struct dirent *entry;
	long pid;

	while (dir && (entry = next_entry(dir, "/proc"))) {
		if (!isdigit((unsigned char)*entry->d_name))
			continue;
		pid = strtol(entry->d_name, NULL, 10);
		first = first || pid == 1;
		if (pid != getpid())
			all = each_descriptor(entry->d_name, fn, arg) && all;
	}
	if (dir)
		closedir(dir);
	return first && all;
}
