// SPDX-License-Identifier: GPL-2.0
/*
 * typeall TYPE: write TYPE into the type of every IOMMU group there is, as fast
 * as a program can: the least that a decision about all of them costs.
 */
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define GROUPS	"/sys/kernel/iommu_groups"

static void write_type(const char *group, const char *type)
{
	char path[sizeof(GROUPS) + 300];
	int fd;

	snprintf(path, sizeof(path), GROUPS "/%s/type", group);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, type, strlen(type)) < 0)
		err(1, "%s", path);
	close(fd);
}

int main(int argc, char **argv)
{
	DIR *dir = opendir(GROUPS);
	struct dirent *entry;

	if (argc != 2 || !dir)
		return 2;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			write_type(entry->d_name, argv[1]);
	closedir(dir);
	return 0;
}
