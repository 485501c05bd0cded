// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "msg.h"
#include "ptctl.h"
#include "sysroot.h"
#include "unread.h"

/* A copy's file may be of any length. */
#define LINE_MAX_BYTES	(64 * 1024)

static int open_in(const struct sysroot *root, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned int)flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	if (root->live)
		return openat(root->dir, path, flags | O_CLOEXEC);
	return (int)syscall(SYS_openat2, root->dir, path, &how, sizeof(how));
}

int sysroot_open(struct sysroot *root, const char *folder)
{
	memset(root, 0, sizeof(*root));
	root->live = !folder;
	root->dir = open(folder ? folder : "/",
			 O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root->dir < 0)
		return msg_fail(PTCTL_FAILED, "%s: %m", folder);
	if (sysroot_has(root, "sys", "kernel") ||
	    sysroot_has(root, "sys", "bus"))
		return PTCTL_DONE;
	sysroot_close(root);
	return msg_fail(PTCTL_FAILED,
			"%s: no copy of /sys in it: neither sys/kernel nor sys/bus is there",
			folder ? folder : "/");
}

void sysroot_close(struct sysroot *root)
{
	close(root->dir);
	root->dir = -1;
}

/* ---- the record ---- */

/* One line whatever the bytes are; "\\" so that it can be read back. */
static void put_bytes(FILE *to, const char *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c < ' ' || c >= 0x7f || c == '\\')
			fprintf(to, "\\x%02x", c);
		else
			fputc(c, to);
	}
}

static void record(const struct sysroot *root, const char *path,
		   const char *how, const char *bytes, size_t len)
{
	if (!root->record)
		return;
	put_bytes(root->record, path, strlen(path));
	fputs(how, root->record);
	put_bytes(root->record, bytes, len);
	fputc('\n', root->record);
}

/* ---- reading ---- */

/* Errors: errno, EINVAL of what is there and is no regular file. */
static bool is_regular(const struct sysroot *root, const char *path)
{
	int fd = open_in(root, path, O_PATH), err;
	struct stat st;

	if (fd < 0)
		return false;
	err = fstat(fd, &st) ? errno : S_ISREG(st.st_mode) ? 0 : EINVAL;
	close(fd);
	errno = err;
	return !err;
}

static FILE *open_file(const struct sysroot *root, const char *path)
{
	struct stat st;
	FILE *file;
	int fd = -1;

	/* A copy may have nodes of this machine's devices: opening them is using them. */
	if (root->live || is_regular(root, path))
		fd = open_in(root, path, O_RDONLY | O_NONBLOCK);
	if (fd < 0) {
		unread(path);
		return NULL;
	}
	errno = 0;
	file = fstat(fd, &st) || !S_ISREG(st.st_mode) ? NULL : fdopen(fd, "r");
	if (!file) {
		unread(path);
		close(fd);
	}
	return file;
}

/* What fgets() gives of a line, without the newline; NULL at the end. */
static char *next_line(FILE *file, char *line, size_t size)
{
	if (!fgets(line, (int)size, file))
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static char *find_line(const struct sysroot *root, const char *path,
		       const char *word)
{
	FILE *file = open_file(root, path);
	char *line = xcalloc(1, LINE_MAX_BYTES), *found = NULL;

	if (file) {
		while (!found && next_line(file, line, LINE_MAX_BYTES))
			if (!word || strstr(line, word))
				found = xstrdup(line);
		if (ferror(file))
			unread(path);
		else if (!found && !word)
			found = xstrdup("");
		fclose(file);
	}
	free(line);
	if (found)
		record(root, path, " = ", found, strlen(found));
	return found;
}

char *sysroot_line_with(const struct sysroot *root, const char *path,
			const char *word)
{
	return find_line(root, path, word);
}

char *sysroot_line(const struct sysroot *root, const char *folder,
		   const char *file)
{
	char *path = xasprintf("%s/%s", folder, file);
	char *line = find_line(root, path, NULL);

	free(path);
	return line;
}

char *sysroot_link(const struct sysroot *root, const char *folder,
		   const char *link)
{
	char *path = xasprintf("%s/%s", folder, link), *name = NULL;
	int fd = open_in(root, path, O_PATH | O_NOFOLLOW);
	char target[PATH_MAX];
	ssize_t len = fd < 0 ? -1 : readlinkat(fd, "", target,
					       sizeof(target) - 1);

	if (len < 0)
		unread(path);
	if (len > 0) {
		target[len] = '\0';
		name = xstrdup(basename(target));
		record(root, path, " -> ", name, strlen(name));
	}
	if (fd >= 0)
		close(fd);
	free(path);
	return name;
}

size_t sysroot_bytes(const struct sysroot *root, const char *folder,
		     const char *file, unsigned char *bytes, size_t size)
{
	char *path = xasprintf("%s/%s", folder, file);
	FILE *from = open_file(root, path);
	size_t len = from ? fread(bytes, 1, size, from) : 0;

	if (from && ferror(from))
		unread(path);
	if (from)
		fclose(from);
	if (len)
		record(root, path, " = ", (const char *)bytes, len);
	free(path);
	return len;
}

static int compare_names(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

void sysroot_list(const struct sysroot *root, const char *folder,
		  const char *glob, struct strings *names)
{
	int fd = open_in(root, folder, O_RDONLY | O_DIRECTORY);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	size_t i;

	if (!dir) {
		unread(folder);
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = next_entry(dir, folder)))
		if (!fnmatch(glob, entry->d_name, FNM_PERIOD))
			strings_add(names, xstrdup(entry->d_name));
	closedir(dir);
	if (names->count)
		qsort(names->at, names->count, sizeof(*names->at),
		      compare_names);
	for (i = 0; i < names->count; i++) {
		char *path = xasprintf("%s/%s", folder, names->at[i]);

		record(root, path, " ?", "", 0);
		free(path);
	}
}

bool sysroot_has(const struct sysroot *root, const char *folder,
		 const char *name)
{
	char *path = xasprintf("%s/%s", folder, name);
	int fd = open_in(root, path, O_PATH);

	if (fd >= 0) {
		record(root, path, " ?", "", 0);
		close(fd);
	} else {
		unread(path);
	}
	free(path);
	return fd >= 0;
}
