// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sysfs.h"
#include "unread.h"
#include "xalloc.h"

char *sysfs_attr(const char *syspath, const char *attr)
{
	char *path = xasprintf("%s/%s", syspath, attr);
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;

	errno = file ? 0 : errno;
	if (!file || getline(&line, &room, file) < 0) {
		unread(path);
		free(line);
		line = NULL;
	} else {
		line[strcspn(line, "\n")] = '\0';
	}
	if (file)
		fclose(file);
	free(path);
	return line;
}

char *sysfs_link(const char *syspath, const char *link)
{
	char *path = xasprintf("%s/%s", syspath, link);
	char target[PATH_MAX];
	ssize_t len = readlink(path, target, sizeof(target) - 1);

	if (len < 0)
		unread(path);
	free(path);
	if (len < 0)
		return NULL;
	target[len] = '\0';
	return xstrdup(basename(target));
}

bool sysfs_is_there(const char *path)
{
	bool there = !access(path, F_OK);

	if (!there)
		unread(path);
	return there;
}

bool sysfs_has(const char *syspath, const char *file)
{
	char *path = xasprintf("%s/%s", syspath, file);
	bool there = sysfs_is_there(path);

	free(path);
	return there;
}

bool sysfs_is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

void sysfs_each(const char *folder, void (*fn)(const char *, void *),
		       void *arg)
{
	DIR *dir = open_entries(folder);
	struct dirent *entry;

	while (dir && (entry = next_entry(dir, folder)))
		if (!sysfs_is_dots(entry->d_name)) {
			char *path = xasprintf("%s/%s", folder, entry->d_name);

			fn(path, arg);
			free(path);
		}
	if (dir)
		closedir(dir);
}
